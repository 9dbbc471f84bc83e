/* SPDX-License-Identifier: MIT */
/*
 * The background thread's sleep, by a semaphore: sem_post takes no lock, so
 * that a free in a signal handler may wake the thread.
 */
#include "os/os.h"

#include <semaphore.h>
#include <time.h>

static sem_t wakes;

/*
 * POSIX.1-2024, glibc 2.30. The sleep ends in time even if somebody sets the
 * clock.
 */
extern int sem_clockwait(sem_t *semaphore, clockid_t clock,
                         const struct timespec *until) __attribute__((weak));

static void
wait_until(clockid_t clock, const struct timespec *until)
{
    if (clock == CLOCK_MONOTONIC)
        sem_clockwait(&wakes, clock, until);
    else
        sem_timedwait(&wakes, until);
}

int
lz_os_sleep_start(void)
{
    return sem_init(&wakes, 0, 0) == 0 ? 0 : errno;
}

void
lz_os_sleep(size_t ms)
{
    clockid_t clock = sem_clockwait != NULL ? CLOCK_MONOTONIC : CLOCK_REALTIME;
    struct timespec until;

    if (ms == 0) {
        sem_wait(&wakes);
        return;
    }
    clock_gettime(clock, &until);
    until.tv_sec += (time_t)(ms / 1000);
    until.tv_nsec += (long)(ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_nsec -= 1000000000;
        until.tv_sec++;
    }
    wait_until(clock, &until);
}

void
lz_os_wake(void)
{
    sem_post(&wakes);
}

void
lz_os_pause(size_t us)
{
    const struct timespec span = {.tv_nsec = (long)us * 1000};
    int saved = errno;

    nanosleep(&span, NULL);
    errno = saved;
}
