/* SPDX-License-Identifier: MIT */
#include "background.h"

#include <pthread.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "log.h"
#include "options.h"
#include "os.h"
#include "region.h"
#include "util.h"

enum { ABSENT, STARTING, RUNNING, STOPPED };

static int state; /* atomic */
static bool idle; /* atomic: the thread sleeps until it is woken */
static bool over; /* atomic: the thread takes no lock any more */
static pthread_t thread;

/* Whose thread it is: the child of a raw clone has the state, and no thread. */
static pid_t owner;

static bool
is_stopped(void)
{
    return __atomic_load_n(&state, __ATOMIC_ACQUIRE) == STOPPED;
}

/* Until there is work, or half of the decay time has passed. */
static void
wait_for_work(void)
{
    /* First the mark, then the look: a free in between posts. */
    __atomic_store_n(&idle, true, __ATOMIC_SEQ_CST);
    lz_os_sleep(lz_region_pool_is_empty() ? 0 : lz_options.decay_ms / 2 + 1);
    __atomic_store_n(&idle, false, __ATOMIC_SEQ_CST);
}

static void *
run(void *unused)
{
    while (!is_stopped()) {
        /* All of it: one call stops at what a caller in a hurry would bear. */
        while (!is_stopped() && lz_region_release() != 0)
            ;
        while (!is_stopped() && lz_region_prepare())
            ;
        if (!is_stopped())
            wait_for_work();
    }
    __atomic_store_n(&over, true, __ATOMIC_RELEASE);
    return unused;
}

/* No signal of the program may be handled on this thread. */
static void
start(void)
{
    int absent = ABSENT, failed;
    sigset_t all, old;

    if (!__atomic_compare_exchange_n(&state, &absent, STARTING, false,
                                     __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
        return;
    failed = lz_os_sleep_start();
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    owner = getpid();
    __atomic_store_n(&over, false, __ATOMIC_RELAXED);
    if (!failed)
        failed = pthread_create(&thread, NULL, run, NULL);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (failed)
        lz_log("LAZYZERO_BACKGROUND: no thread to be had; going on without");
    __atomic_store_n(&state, failed ? STOPPED : RUNNING, __ATOMIC_RELEASE);
}

void
lz_background_wake(void)
{
    int saved = errno;

    if (!lz_options.background)
        return;
    if (__atomic_load_n(&state, __ATOMIC_ACQUIRE) == ABSENT)
        start();
    else if (__atomic_load_n(&state, __ATOMIC_ACQUIRE) == RUNNING &&
             __atomic_exchange_n(&idle, false, __ATOMIC_SEQ_CST))
        lz_os_wake();
    errno = saved;
}

/*
 * Within 100 ms, as a rule at once. Not where the thread waits for a lock that
 * this one holds: it exits in a signal handler that interrupted a malloc.
 */
static bool
ends_soon(void)
{
    const struct timespec moment = {.tv_nsec = 100000};

    for (int i = 0; i < 1000; i++) {
        if (__atomic_load_n(&over, __ATOMIC_ACQUIRE))
            return true;
        nanosleep(&moment, NULL);
    }
    return false;
}

void
lz_background_stop(void)
{
    int running = RUNNING;

    /* The cheap question first: where no thread is, no system call. */
    if (__atomic_load_n(&state, __ATOMIC_ACQUIRE) != RUNNING ||
        owner != getpid())
        return;
    if (!__atomic_compare_exchange_n(&state, &running, STOPPED, false,
                                     __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
        return;
    lz_os_wake();
    if (ends_soon())
        pthread_join(thread, NULL);
    else
        pthread_detach(thread);
}

void
lz_background_fork_child(void)
{
    __atomic_store_n(&state, ABSENT, __ATOMIC_RELEASE);
    __atomic_store_n(&idle, false, __ATOMIC_RELEASE);
}
