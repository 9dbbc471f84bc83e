/* SPDX-License-Identifier: MIT */
/* Each test runs in a forked child. */
#ifndef PLAIN_RUN_FORK_H
#define PLAIN_RUN_FORK_H

#include <sys/wait.h>
#include <unistd.h>

/* What waitpid says of the test; -1 when it could not be run. */
static inline int
plain_run(struct plain_options *test, const char *program, unsigned seconds)
{
    int status = -1;
    pid_t child;

    (void)program;
    fflush(stdout);
    child = fork();
    if (child == 0) {
        alarm(patiently(seconds));
        plain_run_here(test);
    }
    if (child < 0 || waitpid(child, &status, 0) != child)
        return -1;
    return status;
}

static inline bool
plain_has_passed(const struct plain_options *test, int status)
{
    if (test->signal != 0)
        return WIFSIGNALED(status) && WTERMSIG(status) == test->signal;
    return status == 0;
}

static inline bool
plain_has_crashed(int status)
{
    return WIFSIGNALED(status);
}

#endif
