/* SPDX-License-Identifier: MIT */
/* What a process is on macOS, and where its background thread sleeps. */
#include "os/darwin/darwin.h"

#include <crt_externs.h>
#include <mach/semaphore.h>
#include <mach/sync_policy.h>
#include <mach/task.h>
#include <time.h>
#include <unistd.h>

/* A dynamic library has no environ there. */
char **
lz_os_environment(void)
{
    return *_NSGetEnviron();
}

bool
lz_os_is_privileged(void)
{
    return issetugid() != 0;
}

/* libmalloc calls the handlers through the zone (interpose_darwin_zone.c). */
int
lz_os_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void))
{
    (void)prepare;
    (void)parent;
    (void)child;
    return 0;
}

static semaphore_t wakes;

int
lz_os_sleep_start(void)
{
    return semaphore_create(mach_task_self(), &wakes, SYNC_POLICY_FIFO, 0) ==
                   KERN_SUCCESS
               ? 0
               : EAGAIN;
}

void
lz_os_sleep(size_t ms)
{
    mach_timespec_t span;

    if (ms == 0) {
        semaphore_wait(wakes);
        return;
    }
    span.tv_sec = (unsigned)(ms / 1000);
    span.tv_nsec = (clock_res_t)(ms % 1000 * 1000000);
    semaphore_timedwait(wakes, span);
}

void
lz_os_wake(void)
{
    semaphore_signal(wakes);
}

void
lz_os_pause(size_t us)
{
    const struct timespec span = {.tv_nsec = (long)us * 1000};
    int saved = errno;

    nanosleep(&span, NULL);
    errno = saved;
}
