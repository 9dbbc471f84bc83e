/* SPDX-License-Identifier: MIT */
#include "control/log.h"

#include <limits.h>

#include "os/os.h"
#include "support.h"

#define PREFIX "liblazyzero: "
#define LINE_MAX_SIZE 512

WRAPPED(void, lz_os_write_error, const char *text, size_t length);

static unsigned writes;

void
__wrap_lz_os_write_error(const char *text, size_t length)
{
    __atomic_fetch_add(&writes, 1, __ATOMIC_RELAXED);
    __real_lz_os_write_error(text, length);
}

/* The line that `call` logs; it must go out in one system call. */
#define EXPECT_LINE(call, line)                           \
    do {                                                  \
        writes = 0;                                       \
        capture_stderr();                                 \
        call;                                             \
        cr_expect_str_eq(captured_stderr(), (line "\n")); \
        cr_expect_eq(writes, 1);                          \
    } while (0)

Test(log, plain_text)
{
    EXPECT_LINE(lz_log("hello"), PREFIX "hello");
    EXPECT_LINE(lz_log("%s", ""), PREFIX);
}

Test(log, strings)
{
    EXPECT_LINE(lz_log("%s", "a"), PREFIX "a");
    EXPECT_LINE(lz_log("<%s><%s>", "", "b c"), PREFIX "<><b c>");
    EXPECT_LINE(lz_log("%s", "%d %s"), PREFIX "%d %s");
}

Test(log, integers)
{
    EXPECT_LINE(lz_log("%d", 0), PREFIX "0");
    EXPECT_LINE(lz_log("%d %d", 10, -7), PREFIX "10 -7");
    EXPECT_LINE(lz_log("%d", INT_MAX), PREFIX "2147483647");
    EXPECT_LINE(lz_log("%d", INT_MIN), PREFIX "-2147483648");
}

Test(log, sizes)
{
    EXPECT_LINE(lz_log("%zu", (size_t)0), PREFIX "0");
    EXPECT_LINE(lz_log("%zu bytes", (size_t)4096), PREFIX "4096 bytes");
#if SIZE_MAX > 0xffffffffu
    EXPECT_LINE(lz_log("%zu", SIZE_MAX), PREFIX "18446744073709551615");
#endif
}

Test(log, pointers)
{
    EXPECT_LINE(lz_log("%p", NULL), PREFIX "0x0");
    EXPECT_LINE(lz_log("f(%p)!", (void *)0xabcdef01), PREFIX "f(0xabcdef01)!");
    EXPECT_LINE(lz_log("%p", (void *)0x9), PREFIX "0x9");
}

Test(log, mixed_and_percent)
{
    EXPECT_LINE(lz_log("100%% %s=%zu %d %p.", "n", (size_t)3, -1, (void *)10),
                PREFIX "100% n=3 -1 0xa.");
}

/* A line of `length` characters after the prefix. */
static const char *
log_of_length(size_t length)
{
    static char text[4096];

    memset(text, 'x', length);
    text[length] = '\0';
    capture_stderr();
    lz_log("%s", text);
    return captured_stderr();
}

Test(log, a_line_is_cut_at_512_bytes)
{
    size_t room = LINE_MAX_SIZE - strlen(PREFIX "\n");

    for (size_t length = room - 2; length <= room + 2; length++) {
        const char *said = log_of_length(length);
        size_t expected = (length < room ? length : room) + strlen(PREFIX "\n");

        cr_expect_eq(strlen(said), expected);
        cr_expect_eq(said[expected - 1], '\n');
        cr_expect_eq(said[expected - 2], 'x');
    }
    cr_expect_eq(strlen(log_of_length(4000)), LINE_MAX_SIZE);
}

Test(log, a_cut_number_ends_the_line)
{
    char text[600];
    const char *said;

    memset(text, 'x', sizeof(text));
    text[LINE_MAX_SIZE - strlen(PREFIX "\n") - 2] = '\0';
    capture_stderr();
    lz_log("%s%d%p", text, 123456, NULL);
    said = captured_stderr();
    cr_expect_eq(strlen(said), LINE_MAX_SIZE);
    cr_expect_str_eq(said + LINE_MAX_SIZE - 4, "x12\n");
}

Test(log, errno_is_kept)
{
    capture_stderr();
    errno = ERRNO_MARK;
    lz_log("%s", "text");
    EXPECT_ERRNO_KEPT();
    (void)captured_stderr();
}

Test(log, a_closed_standard_error_is_no_trouble)
{
    int saved = dup(STDERR_FILENO);

    close(STDERR_FILENO);
    errno = ERRNO_MARK;
    lz_log("nobody reads this");
    EXPECT_ERRNO_KEPT();
    dup2(saved, STDERR_FILENO);
}

static void
be_fatal(void *arg)
{
    lz_log_fatal("%s(%p): stopping", "free", arg);
}

Test(log, fatal_says_one_line_and_aborts)
{
    expect_abort(be_fatal, (void *)0x1000,
                 "liblazyzero: free(0x1000): stopping\n");
}

#define LINES_A_THREAD 300

static void
log_many(unsigned number)
{
    for (size_t i = 0; i < LINES_A_THREAD; i++)
        lz_log("<%d %s %zu>", (int)number, "of several", i);
}

static bool
is_whole_line(const char *line)
{
    int number, used = -1;
    size_t i;

    return sscanf(line, PREFIX "<%d of several %zu>%n", &number, &i, &used) ==
               2 &&
           used == (int)strlen(line);
}

Test(log, lines_of_several_threads_do_not_mix)
{
    size_t lines = 0;
    char *line, *rest;

    capture_stderr();
    run_threads(4, log_many);
    line = strdup(captured_stderr());
    for (line = strtok_r(line, "\n", &rest); line != NULL; lines++) {
        cr_assert(is_whole_line(line), "mixed: '%s'", line);
        line = strtok_r(NULL, "\n", &rest);
    }
    cr_expect_eq(lines, 4 * LINES_A_THREAD);
}

static void *
log_while_cancelled(void *reached)
{
    pthread_cancel(pthread_self());
    lz_log("still here");
    *(bool *)reached = true;
    pthread_testcancel();
    return NULL;
}

Test(log, is_no_cancellation_point)
{
    bool reached = false;
    pthread_t thread;

    capture_stderr();
    pthread_create(&thread, NULL, log_while_cancelled, &reached);
    pthread_join(thread, NULL);
    cr_expect_str_eq(captured_stderr(), PREFIX "still here\n");
    cr_expect(reached);
}
