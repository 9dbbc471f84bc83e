/* SPDX-License-Identifier: MIT */
/* What any POSIX system tells about threads, and does at a fork. */
#include "os.h"

#include <time.h>

#define LZ_WEAK __attribute__((weak))

LZ_WEAK size_t
lz_os_count_threads(void)
{
    return 0;
}

LZ_WEAK bool
lz_os_is_last_thread(void)
{
    return false;
}

LZ_WEAK void
lz_os_name_thread(const char *name)
{
    (void)name;
}

static uint64_t
nanoseconds(clockid_t clock)
{
    struct timespec time = {0};

    clock_gettime(clock, &time);
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

/* This thread's time is read first, so that the difference is not negative. */
uint64_t
lz_os_others_time(void)
{
    int saved = errno;
    uint64_t own = nanoseconds(CLOCK_THREAD_CPUTIME_ID);
    uint64_t all = nanoseconds(CLOCK_PROCESS_CPUTIME_ID);

    errno = saved;
    return all > own ? all - own : 0;
}

/* What a thread has by default. */
LZ_WEAK size_t
lz_os_stack_size(size_t n)
{
    (void)n;
    return 0;
}

LZ_WEAK int
lz_os_inherit(void *start, size_t length, bool inherited)
{
    (void)start;
    (void)length;
    (void)inherited;
    return ENOSYS;
}

LZ_WEAK void
lz_os_fork_child(void)
{
}

LZ_WEAK void
lz_os_rest(void)
{
}
