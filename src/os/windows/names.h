/* SPDX-License-Identifier: MIT */
/*
 * Included before every file of the library on Windows: names of POSIX that
 * mingw-w64 lacks. No handler interrupts a thread there, so there are no
 * signals to block.
 */
#ifndef LZ_OS_NAMES_H
#define LZ_OS_NAMES_H

#include <errno.h>
#include <pthread_signal.h>
#include <stddef.h>
#include <sys/types.h>

#ifndef ESTALE
#define ESTALE EBADF
#endif

#ifndef SIG_SETMASK
#define SIG_SETMASK 2
#endif

static inline int
sigfillset(sigset_t *set)
{
    *set = 0;
    return 0;
}

#undef pthread_sigmask
static inline int
pthread_sigmask(int how, const sigset_t *set, sigset_t *old)
{
    (void)how;
    (void)set;
    if (old != NULL)
        *old = 0;
    return 0;
}

#endif
