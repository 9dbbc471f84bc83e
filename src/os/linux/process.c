/* SPDX-License-Identifier: MIT */
/* A process and its threads, with any libc. */
#include "os/os.h"

#include <signal.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "os/linux/proc.h"

/*
 * glibc 2.32+: 0 from the first pthread_create on (and after that for good).
 * glibc's exported but undeclared stream-list lock, recursive. Weak, because
 * musl and old glibcs have neither.
 */
extern char __libc_single_threaded __attribute__((weak));
extern void _IO_list_lock(void) __attribute__((weak));
extern void _IO_list_unlock(void) __attribute__((weak));

/* Asks the kernel, as libc's answer may come from another library. */
bool
lz_os_is_on_signal_stack(void)
{
    int saved = errno;
    stack_t stack = {.ss_flags = 0};

    if (!lz_os_proc_is_silent())
        syscall(SYS_sigaltstack, NULL, &stack);
    errno = saved;
    return (stack.ss_flags & SS_ONSTACK) != 0;
}

/* The system call is usable only if libc's timespec is the kernel's. */
static int
ask_kernel(clockid_t clock, struct timespec *now)
{
#if defined(__LP64__)
    return (int)syscall(SYS_clock_gettime, clock, now);
#else
    return clock_gettime(clock, now);
#endif
}

int
lz_os_heap_clock(clockid_t clock, struct timespec *now, bool early)
{
    int saved = errno, result;

    result = early ? ask_kernel(clock, now) : clock_gettime(clock, now);
    errno = saved;
    return result;
}

bool
lz_os_is_privileged(void)
{
    return getauxval(AT_SECURE) != 0;
}

bool
lz_os_is_single_threaded(void)
{
    return &__libc_single_threaded != NULL && __libc_single_threaded != 0;
}

/*
 * A folder has a link from its parent, one from itself, and one from each
 * subfolder.
 */
bool
lz_os_is_alone(void)
{
    int saved = errno;
    struct stat threads;
    bool is_alone =
        stat("/proc/self/task", &threads) == 0 && threads.st_nlink == 3;

    errno = saved;
    return is_alone;
}

void
lz_os_stdio_acquire(void)
{
    if (_IO_list_lock != NULL && _IO_list_unlock != NULL)
        _IO_list_lock();
}

void
lz_os_stdio_release(void)
{
    if (_IO_list_lock != NULL && _IO_list_unlock != NULL)
        _IO_list_unlock();
}
