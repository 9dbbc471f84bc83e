/* SPDX-License-Identifier: MIT */
#include "watcher.h"

#include <stddef.h>
#include <time.h>

static double
time_of(clockid_t clock)
{
    struct timespec time;

    clock_gettime(clock, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

double
watcher_now(void)
{
    return time_of(CLOCK_MONOTONIC);
}

static bool
is_over(struct watcher *watcher)
{
    return __atomic_load_n(&watcher->is_over, __ATOMIC_RELAXED);
}

static void *
watch(void *argument)
{
    struct watcher *watcher = argument;

    while (!is_over(watcher)) {
        double cost = time_of(CLOCK_THREAD_CPUTIME_ID), pause;

        watcher->look(watcher->process, watcher_now() - watcher->start);
        cost = time_of(CLOCK_THREAD_CPUTIME_ID) - cost;
        pause = 19 * cost;
        /* In parts, since the end waits for this thread. */
        do {
            nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
            pause -= 0.005;
        } while (pause > 0 && !is_over(watcher));
    }
    return NULL;
}

void
watcher_start(struct watcher *watcher, void (*look)(pid_t process, double time),
              pid_t process, double start)
{
    *watcher =
        (struct watcher){.look = look, .process = process, .start = start};
    if (look != NULL)
        watcher->is_running =
            pthread_create(&watcher->thread, NULL, watch, watcher) == 0;
}

void
watcher_stop(struct watcher *watcher)
{
    __atomic_store_n(&watcher->is_over, true, __ATOMIC_RELAXED);
    if (watcher->is_running)
        pthread_join(watcher->thread, NULL);
}
