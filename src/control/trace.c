/* SPDX-License-Identifier: MIT */
#include "control/trace.h"

#include "base/text.h"
#include "control/options.h"
#include "control/output.h"
#include "os/os.h"

#define HEADER \
    "time_ns,pid,thread,call,how,address,from,size,usable,resident,call_ns\n"

bool lz_trace_on;

static uint64_t origin; /* what time_ns counts from */
static struct lz_os_file file;
static int owner;   /* the process that opened it */
static int opening; /* atomic: the process that is just opening it, or 0 */

static void
stop(int error)
{
    if (__atomic_exchange_n(&lz_trace_on, false, __ATOMIC_RELAXED))
        lz_output_complain("LAZYZERO_TRACE", lz_options.trace, error,
                           "not tracing any further");
}

static int
open_file(void)
{
    int error;

    owner = lz_os_process_id();
    if (lz_output_is_stderr(lz_options.trace))
        return lz_os_write(2, HEADER, sizeof(HEADER) - 1);
    lz_os_file_close(&file);
    error = lz_output_open(&file, lz_options.trace, false);
    if (error == 0 && file.was_empty)
        error = lz_os_file_write(&file, HEADER, sizeof(HEADER) - 1);
    return error;
}

void
lz_trace_start(void)
{
    int error;

    if (lz_options.trace[0] == '\0')
        return;
    origin = lz_os_now_exact();
    lz_trace_on = true;
    error = open_file();
    if (error != 0)
        stop(error);
}

/*
 * We do not wait for another thread that is just opening the file. It may be
 * this thread, interrupted by a signal handler, and in a fork child it does not
 * exist.
 */
static void
open_again(int process)
{
    int busy = __atomic_load_n(&opening, __ATOMIC_RELAXED), error;

    if (busy == process ||
        !__atomic_compare_exchange_n(&opening, &busy, process, false,
                                     __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
        return;
    error = open_file();
    __atomic_store_n(&opening, 0, __ATOMIC_RELEASE);
    if (error != 0)
        stop(error);
}

static int
write_line(const char *line, size_t length)
{
    return lz_output_is_stderr(lz_options.trace)
               ? lz_os_write(2, line, length)
               : lz_os_file_write(&file, line, length);
}

/* ESTALE: the program closed the descriptor, as daemons do. */
static void
write_or_open_again(const char *line, size_t length, int process)
{
    int error = ESTALE;

    if (owner == process)
        error = write_line(line, length);
    if (error == ESTALE) {
        open_again(process);
        error = write_line(line, length);
    }
    if (error != 0 && error != ESTALE)
        stop(error);
}

static void
put_field(struct lz_text *line, uintmax_t n)
{
    lz_text_char(line, ',');
    lz_text_number(line, n, 10);
}

static void
put_address(struct lz_text *line, const void *p)
{
    lz_text_char(line, ',');
    if (p == NULL)
        return;
    lz_text_string(line, "0x");
    lz_text_number(line, (uintptr_t)p, 16);
}

static void
put_word(struct lz_text *line, const char *word)
{
    lz_text_char(line, ',');
    lz_text_string(line, word);
}

static void
put_event(struct lz_text *line, const struct lz_trace_event *event)
{
    put_field(line, (uintmax_t)lz_os_thread_id());
    put_word(line, event->call);
    put_word(line, event->how);
    put_address(line, event->address);
    put_address(line, event->from);
    put_field(line, event->size);
    put_field(line, event->usable);
    if (event->is_resident_known)
        put_field(line, event->resident);
    else
        lz_text_char(line, ',');
}

void
lz_trace_begin(struct lz_trace_event *event)
{
    event->began = lz_os_now_exact();
}

void
lz_trace_end(const struct lz_trace_event *event)
{
    uint64_t duration = lz_os_now_exact() - event->began;
    int process = lz_os_process_id();
    char buffer[256];
    struct lz_text line = lz_text_in(buffer, sizeof(buffer));

    lz_text_number(&line, event->began - origin, 10);
    put_field(&line, (uintmax_t)process);
    put_event(&line, event);
    put_field(&line, duration);
    lz_text_char(&line, '\n');
    write_or_open_again(buffer, line.used, process);
}
