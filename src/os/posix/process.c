/* SPDX-License-Identifier: MIT */
/* The process and its clocks. */
#include "os/os.h"

#include <sys/resource.h>
#include <time.h>

static uint64_t
ms_of(const struct timeval *time)
{
    return (uint64_t)time->tv_sec * 1000 + (uint64_t)time->tv_usec / 1000;
}

void
lz_os_work(struct lz_os_work *work)
{
    struct rusage used = {0};
    int saved = errno;

    getrusage(RUSAGE_SELF, &used);
    errno = saved;
    work->cpu = ms_of(&used.ru_utime) + ms_of(&used.ru_stime);
    work->sleeps = (uint64_t)used.ru_nvcsw;
}

uint64_t
lz_os_now(void)
{
    struct timespec now;
    int saved = errno;

#ifdef CLOCK_MONOTONIC_COARSE
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
#else
    clock_gettime(CLOCK_MONOTONIC, &now);
#endif
    errno = saved;
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

uint64_t
lz_os_now_exact(void)
{
    struct timespec now;
    int saved = errno;

    clock_gettime(CLOCK_MONOTONIC, &now);
    errno = saved;
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
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
