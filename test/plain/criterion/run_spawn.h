/* SPDX-License-Identifier: MIT */
/*
 * Each test runs in a process of its own where there is no fork (Windows): the
 * program starts itself with the test's name.
 */
#ifndef PLAIN_RUN_SPAWN_H
#define PLAIN_RUN_SPAWN_H

#include <process.h>

/* msvcrt's abort */
#define PLAIN_ABORTED 3

/* The exit status of the test; -1 when it could not be run. */
static inline int
plain_run(struct plain_options *test, const char *program, unsigned seconds)
{
    char name[256];

    (void)seconds;
    snprintf(name, sizeof(name), "%s::%s", test->suite, test->name);
    fflush(stdout);
    return (int)_spawnl(_P_WAIT, program, program, "--only", name, NULL);
}

static inline bool
plain_has_passed(const struct plain_options *test, int status)
{
    return status == (test->signal == SIGABRT ? PLAIN_ABORTED : 0);
}

static inline bool
plain_has_crashed(int status)
{
    return status != 1;
}

#endif
