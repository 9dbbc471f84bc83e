/* SPDX-License-Identifier: MIT */
/* process_madvise on oneself. The function is of glibc 2.36. */
#ifndef PROCESS_MADVISE_H
#define PROCESS_MADVISE_H

#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif

extern ssize_t process_madvise(int process, const struct iovec *ranges,
                               size_t count, int advice, unsigned flags)
    __attribute__((weak));

static inline int
open_self(void)
{
    return (int)syscall(SYS_pidfd_open, getpid(), 0);
}

#endif
