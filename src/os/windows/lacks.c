/* SPDX-License-Identifier: MIT */
/*
 * What Windows has not, and POSIX has. There are no fork, no signal handlers,
 * and no functions of libc's that another library replaces.
 */
#include "os/next.h"
#include "os/os.h"

int
lz_os_move(void *from, size_t length, void *to, size_t to_length)
{
    (void)from;
    (void)length;
    lz_os_unmap(to, to_length);
    return ENOSYS;
}

int
lz_os_zero(void *start, size_t length)
{
    (void)start;
    (void)length;
    return ENOSYS;
}

int
lz_os_share_file(const char *path, void **start, size_t *size)
{
    (void)path;
    (void)start;
    (void)size;
    return ENOSYS;
}

void
lz_os_ask_nothing(void)
{
}

bool
lz_os_is_on_signal_stack(void)
{
    return false;
}

int
lz_os_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void))
{
    (void)prepare;
    (void)parent;
    (void)child;
    return 0;
}

void
lz_os_set_started(void)
{
}

bool
lz_os_next_is_foreign(void)
{
    return false;
}

/* What jemalloc would ask for, which is not there (cmake/system.cmake). */
void *
lz_os_heap_map(void *hint, size_t length, int prot, int flags)
{
    (void)hint;
    (void)length;
    (void)prot;
    (void)flags;
    return (void *)-1;
}

int
lz_os_heap_unmap(void *start, size_t length)
{
    (void)start;
    (void)length;
    return -1;
}

int
lz_os_heap_advise(void *start, size_t length, int advice)
{
    (void)start;
    (void)length;
    (void)advice;
    return -1;
}

int
lz_os_heap_clock(clockid_t clock, struct timespec *now, bool early)
{
    (void)early;
    return clock_gettime(clock, now);
}
