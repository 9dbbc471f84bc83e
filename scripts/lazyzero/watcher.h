/* SPDX-License-Identifier: MIT */
/* Looks at a process again and again while it runs. */
#ifndef WATCHER_H
#define WATCHER_H

#include <pthread.h>
#include <stdbool.h>
#include <sys/types.h>

/* On a thread, so that the end of the program is seen at once. */
struct watcher {
    void (*look)(pid_t process, double time);
    pid_t process;
    double start; /* as of watcher_now() */
    pthread_t thread;
    bool is_running, is_over; /* is_over: atomic */
};

/* Seconds of a clock that is never set. */
double watcher_now(void);

/*
 * Calls look(process, seconds since `start`) every 5 ms, or less often where
 * that takes more than a twentieth of a processor. look may be NULL. To be
 * called while signals are blocked, as they shall be on that thread.
 */
void watcher_start(struct watcher *watcher,
                   void (*look)(pid_t process, double time), pid_t process,
                   double start);

/* Returns when it looks no more. */
void watcher_stop(struct watcher *watcher);

#endif
