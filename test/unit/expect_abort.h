/* SPDX-License-Identifier: MIT */
/* Part of support.h. */
#ifndef UNIT_EXPECT_ABORT_H
#define UNIT_EXPECT_ABORT_H

#include <sys/resource.h>
#include <sys/wait.h>

/* In a child: `run` must abort, and all that it says must be `line`. */
static inline void
expect_abort(void (*run)(void *), void *arg, const char *line)
{
    const struct rlimit no_core = {0, 0};
    const char *said;
    int status;
    pid_t child;

    capture_stderr();
    child = fork();
    if (child == 0) {
        setrlimit(RLIMIT_CORE, &no_core);
        signal(SIGABRT, SIG_DFL);
        alarm(patiently(30)); /* nobody else would stop a child that goes on */
        run(arg);
        _exit(0);
    }
    cr_assert_eq(waitpid(child, &status, 0), child);
    said = captured_stderr();
    cr_expect(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    cr_expect_str_eq(said, line);
}

#endif
