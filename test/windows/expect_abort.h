/* SPDX-License-Identifier: MIT */
/* Part of unit/support.h where there is no fork. */
#ifndef WINDOWS_EXPECT_ABORT_H
#define WINDOWS_EXPECT_ABORT_H

#include <setjmp.h>

static jmp_buf expect_abort_back;

static void
expect_abort_handler(int signal)
{
    longjmp(expect_abort_back, signal);
}

/* `run` must abort, and all that it says must be `line`. */
static inline void
expect_abort(void (*run)(void *), void *arg, const char *line)
{
    int ended = 0;

    signal(SIGABRT, expect_abort_handler);
    capture_stderr();
    ended = setjmp(expect_abort_back);
    if (ended == 0)
        run(arg);
    signal(SIGABRT, SIG_DFL);
    cr_expect_str_eq(captured_stderr(), line);
    cr_expect_eq(ended, SIGABRT);
}

#endif
