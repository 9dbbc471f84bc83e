/* SPDX-License-Identifier: MIT */
#include "control/trace.h"

#include <fcntl.h>

#include "control/options.h"
#include "files.h"
#include "os/os.h"
#include "os/stack.h"

#define HEADER \
    "time_ns,pid,thread,call,how,address,from,size,usable,resident,call_ns\n"

WRAPPED(int, lz_os_process_id, void);
WRAPPED(int, lz_os_thread_id, void);
WRAPPED(uint64_t, lz_os_now_exact, void);
WRAPPED(int, lz_os_backtrace, uintptr_t *frames, int most);
WRAPPED(bool, lz_os_find_code, lz_os_code_found *found);

static int process = 10;
static uint64_t now = 1000;

int
__wrap_lz_os_process_id(void)
{
    return process;
}

int
__wrap_lz_os_thread_id(void)
{
    return 11;
}

/* Each look takes five nanoseconds. */
uint64_t
__wrap_lz_os_now_exact(void)
{
    return now += 5;
}

/* Three frames; the last one's code appears with the second look. */
static uintptr_t innermost = 0x1010;
static int looks, walks;

int
__wrap_lz_os_backtrace(uintptr_t *frames, int most)
{
    walks++;
    cr_assert(most >= 3);
    frames[0] = innermost;
    frames[1] = 0x2ff0;
    frames[2] = 0x9000;
    return 3;
}

bool
__wrap_lz_os_find_code(lz_os_code_found *found)
{
    found(&(struct lz_os_code){0x1000, 0x3000, 0x400, "/lib/a \"b\".so"});
    if (looks++ > 0)
        found(&(struct lz_os_code){0x5000, 0x6000, 0, ""});
    return true;
}

TestSuite(trace, .init = files_begin, .fini = files_end);

static void
start(const char *output)
{
    strcpy(lz_options.trace, output);
    lz_trace_start();
}

static void
event(const char *call, size_t size)
{
    struct lz_trace_event event = {.call = call,
                                   .how = "fresh",
                                   .address = (void *)0xabc000,
                                   .size = size,
                                   .usable = 4096};

    lz_trace_begin(&event);
    errno = ERRNO_MARK;
    lz_trace_end(&event);
    EXPECT_ERRNO_KEPT();
}

Test(trace, off)
{
    start("");
    cr_expect(!lz_trace_on);
}

Test(trace, lines)
{
    struct lz_trace_event moved = {.call = "realloc",
                                   .how = "moved",
                                   .address = (void *)0x2000,
                                   .from = (void *)0x1000,
                                   .size = 9,
                                   .usable = 10,
                                   .resident = 0,
                                   .is_resident_known = true};

    start("t.csv");
    cr_assert(lz_trace_on);
    event("malloc", 100);
    lz_trace_begin(&moved);
    lz_trace_end(&moved);
    cr_expect_str_eq(files_read("t.csv"),
                     HEADER "5,10,11,malloc,fresh,0xabc000,,100,4096,,5\n"
                            "15,10,11,realloc,moved,0x2000,0x1000,9,10,0,5\n");
}

Test(trace, appends_with_one_header)
{
    start("t.csv");
    event("malloc", 1);
    start("t.csv");
    event("free", 0);
    cr_expect_str_eq(files_read("t.csv"),
                     HEADER "5,10,11,malloc,fresh,0xabc000,,1,4096,,5\n"
                            "5,10,11,free,fresh,0xabc000,,0,4096,,5\n");
}

Test(trace, standard_error)
{
    capture_stderr();
    start("1");
    event("malloc", 1);
    cr_expect_str_eq(captured_stderr(),
                     HEADER "5,10,11,malloc,fresh,0xabc000,,1,4096,,5\n");
}

Test(trace, a_fork_child_opens_its_own)
{
    start("t.%p.csv");
    event("malloc", 1);
    process = 20;
    event("malloc", 2);
    cr_expect_str_eq(files_read("t.10.csv"),
                     HEADER "5,10,11,malloc,fresh,0xabc000,,1,4096,,5\n");
    cr_expect_str_eq(files_read("t.20.csv"),
                     HEADER "15,20,11,malloc,fresh,0xabc000,,2,4096,,5\n");
}

Test(trace, goes_on_after_a_daemon_closed_everything)
{
    start("t.csv");
    for (int fd = 100; fd < 120; fd++)
        close(fd);
    event("malloc", 1);
    cr_expect_str_eq(files_read("t.csv"),
                     HEADER "5,10,11,malloc,fresh,0xabc000,,1,4096,,5\n");
}

Test(trace, a_file_that_cannot_be_had_is_said_once, NEEDS_LINUX_GLIBC)
{
    capture_stderr();
    start("no/where.csv");
    cr_expect_str_eq(captured_stderr(),
                     "liblazyzero: LAZYZERO_TRACE=no/where.csv: cannot be "
                     "written (No such file or directory); not tracing any "
                     "further\n");
    cr_expect(!lz_trace_on);
}

#define SITES_HEADER                                                         \
    "time_ns,pid,thread,call,how,address,from,size,usable,resident,call_ns," \
    "stack\n"
#define LIBRARY "11,code,,0x1000,,8192,1024,,0,\"/lib/a \"\"b\"\".so\"\n"

static void
request(size_t size)
{
    struct lz_trace_event event = {.call = "malloc",
                                   .how = "fresh",
                                   .address = (void *)0xabc000,
                                   .size = size,
                                   .is_request = true};

    lz_trace_begin(&event);
    errno = ERRNO_MARK;
    lz_trace_end(&event);
    EXPECT_ERRNO_KEPT();
}

/* The lines that hold `words`. */
static int
count_lines(const char *file, const char *words)
{
    int count = 0;

    for (const char *at = files_read(file); (at = strstr(at, words)) != NULL;
         at++)
        count++;
    return count;
}

Test(trace, sites)
{
    const char *text;

    lz_options.trace_sites = true;
    start("t.csv");
    request(100);
    event("free", 0);
    text = files_read("t.csv");
    cr_expect(strncmp(text, SITES_HEADER, strlen(SITES_HEADER)) == 0);
    cr_expect_not_null(strstr(text, ",10,11,start,,,,0,0,,0,\""));
    cr_expect_not_null(strstr(text, LIBRARY));
    cr_expect_not_null(
        strstr(text, ",malloc,fresh,0xabc000,,100,0,,5,1010 2ff0 9000\n"));
    cr_expect_not_null(strstr(text, ",free,fresh,0xabc000,,0,4096,,5,\n"));
}

Test(trace, code_is_told_once_and_again_in_a_child)
{
    lz_options.trace_sites = true;
    start("t.csv");
    for (int i = 0; i < 5; i++)
        request(100);
    cr_expect_eq(looks, 1, "%d", looks);
    cr_expect_eq(count_lines("t.csv", "code"), 1);
    innermost = 0x5800;
    request(100);
    request(100);
    cr_expect_eq(looks, 2, "%d", looks);
    cr_expect_eq(count_lines("t.csv", "code"), 2);
    process = 20;
    request(100);
    cr_expect_eq(looks, 3, "%d", looks);
    cr_expect_eq(count_lines("t.csv", ",20,11,code"), 2);
}

Test(trace, no_stack_is_walked_unasked)
{
    start("t.csv");
    request(100);
    cr_expect_eq(walks + looks, 0);
    cr_expect_eq(count_lines("t.csv", "stack"), 0);
    lz_options.trace_sites = true;
    event("free", 0);
    cr_expect_eq(walks, 0);
    request(100);
    cr_expect_eq(walks, 1);
}

Test(trace, sites_without_a_trace_are_said)
{
    capture_stderr();
    lz_options.trace_sites = true;
    start("");
    cr_expect(!lz_trace_on);
    cr_expect_not_null(strstr(captured_stderr(), "LAZYZERO_TRACE is not set"));
}
