/* SPDX-License-Identifier: MIT */
/*
 * The background thread's sleep, by a semaphore: sem_post takes no lock, so
 * that a free in a signal handler may wake the thread.
 */
#include "os.h"

#include <semaphore.h>
#include <time.h>

static sem_t wakes;

int
lz_os_sleep_start(void)
{
    return sem_init(&wakes, 0, 0) == 0 ? 0 : errno;
}

void
lz_os_sleep(size_t ms)
{
    struct timespec until;

    if (ms == 0) {
        sem_wait(&wakes);
        return;
    }
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += (time_t)(ms / 1000);
    until.tv_nsec += (long)(ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_nsec -= 1000000000;
        until.tv_sec++;
    }
    sem_timedwait(&wakes, &until);
}

void
lz_os_wake(void)
{
    sem_post(&wakes);
}
