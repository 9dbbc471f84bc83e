/* SPDX-License-Identifier: MIT */
#include "control/trace.h"

#include <string.h>

#include "base/text.h"
#include "control/log.h"
#include "control/options.h"
#include "control/output.h"
#include "control/trace_code.h"
#include "os/os.h"
#include "os/stack.h"

#define HEADER \
    "time_ns,pid,thread,call,how,address,from,size,usable,resident,call_ns"
#define HEADER_PLAIN HEADER "\n"
#define HEADER_SITES HEADER ",stack\n"

/* Frames of a stack at most. Each takes the unwinder about 0.4 us (design.md).
 */
#define MOST_FRAMES 48

unsigned char lz_trace_watch;

static uint64_t origin; /* what time_ns counts from */
static struct lz_os_file file;
static int owner;   /* the process that opened it */
static int opening; /* atomic: the process that is just opening it, or 0 */

static void
stop(int error)
{
    if ((__atomic_fetch_and(&lz_trace_watch, (unsigned char)~LZ_TRACE_LINES,
                            __ATOMIC_RELAXED) &
         LZ_TRACE_LINES) != 0)
        lz_output_complain("LAZYZERO_TRACE", lz_options.trace, error,
                           "not tracing any further");
}

static int
write_line(const char *line, size_t length)
{
    return lz_output_is_stderr(lz_options.trace)
               ? lz_os_write(2, line, length)
               : lz_os_file_write(&file, line, length);
}

static int
write_header(void)
{
    return lz_options.trace_sites
               ? write_line(HEADER_SITES, sizeof(HEADER_SITES) - 1)
               : write_line(HEADER_PLAIN, sizeof(HEADER_PLAIN) - 1);
}

static int
open_file(void)
{
    int error;

    owner = lz_os_process_id();
    if (lz_output_is_stderr(lz_options.trace))
        return write_header();
    lz_os_file_close(&file);
    error = lz_output_open(&file, lz_options.trace, false);
    if (error == 0 && file.was_empty)
        error = write_header();
    return error;
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

/* Up to the column before the last ones: what all lines begin with. */
static void
put_who(struct lz_text *line, uint64_t time, int process)
{
    lz_text_number(line, time - origin, 10);
    put_field(line, (uintmax_t)process);
}

/*
 * Not on a signal handler's own stack, which may be too small for that. The
 * code in which the frames lie is told first.
 */
static void
put_stack(struct lz_text *line, const struct lz_trace_event *event, int process)
{
    uintptr_t frames[MOST_FRAMES];
    int count = 0;

    if (event->is_request && !lz_os_is_on_signal_stack())
        count = lz_os_backtrace(frames, MOST_FRAMES);
    lz_trace_code_tell(frames, count, process);
    lz_text_char(line, ',');
    for (int i = 0; i < count; i++) {
        if (i > 0)
            lz_text_char(line, ' ');
        lz_text_number(line, frames[i], 16);
    }
}

void
lz_trace_begin(struct lz_trace_event *event)
{
    event->began = lz_os_now_exact();
}

/* Its own function, so that a line without a stack needs little memory. */
static LZ_COLD void
write_with_stack(const struct lz_trace_event *event, uint64_t duration,
                 int process)
{
    char buffer[256 + MOST_FRAMES * (2 * sizeof(uintptr_t) + 1)];
    struct lz_text line = lz_text_in(buffer, sizeof(buffer));

    put_who(&line, event->began, process);
    put_event(&line, event);
    put_field(&line, duration);
    put_stack(&line, event, process);
    lz_text_char(&line, '\n');
    write_or_open_again(buffer, line.used, process);
}

void
lz_trace_end(const struct lz_trace_event *event)
{
    uint64_t duration = lz_os_now_exact() - event->began;
    int process = lz_os_process_id();
    char buffer[256];
    struct lz_text line = lz_text_in(buffer, sizeof(buffer));

    if (lz_options.trace_sites) {
        write_with_stack(event, duration, process);
        return;
    }
    put_who(&line, event->began, process);
    put_event(&line, event);
    put_field(&line, duration);
    lz_text_char(&line, '\n');
    write_or_open_again(buffer, line.used, process);
}

/* A path may hold anything: in quotes, which are doubled in it (RFC 4180). */
static void
put_path(struct lz_text *line, const char *path)
{
    lz_text_string(line, ",\"");
    for (; *path != '\0' && line->used < line->size - 8; path++) {
        if (*path == '"')
            lz_text_char(line, '"');
        lz_text_char(line, *path == '\n' ? '?' : *path);
    }
    lz_text_char(line, '"');
}

/* A line that is no call. */
static void
write_note(const char *call, const struct lz_os_code *code)
{
    char buffer[256 + 1024];
    struct lz_text line = lz_text_in(buffer, sizeof(buffer));
    struct lz_trace_event event = {.call = call,
                                   .how = "",
                                   .size = code->end - code->start,
                                   .usable = (size_t)code->offset,
                                   .began = lz_os_now_exact()};
    int process = lz_os_process_id();

    memcpy(&event.address, &code->start, sizeof(event.address));
    put_who(&line, event.began, process);
    put_event(&line, &event);
    put_field(&line, 0);
    put_path(&line, code->path);
    lz_text_char(&line, '\n');
    write_or_open_again(buffer, line.used, process);
}

void
lz_trace_write_code(const struct lz_os_code *code)
{
    write_note("code", code);
}

static void
put_start(void)
{
    struct lz_os_code program = {.path = lz_os_program_name()};

    write_note("start", &program);
}

void
lz_trace_start(void)
{
    int error;

    if (lz_options.trace[0] == '\0') {
        if (lz_options.trace_sites)
            lz_log("LAZYZERO_TRACE_SITES: no call stacks are written, as "
                   "LAZYZERO_TRACE is not set");
        return;
    }
    origin = lz_os_now_exact();
    lz_trace_watch |= LZ_TRACE_LINES;
    error = open_file();
    if (error != 0)
        stop(error);
    else if (lz_options.trace_sites)
        put_start();
}
