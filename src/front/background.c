/* SPDX-License-Identifier: MIT */
#include "front/background.h"

#include <pthread.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "base/util.h"
#include "control/log.h"
#include "control/options.h"
#include "control/stats.h"
#include "front/report_tick.h"
#include "front/thread.h"
#include "heap/backend.h"
#include "large/region.h"
#include "os/next.h"
#include "os/os.h"

#define KEPT_LEAST (4 * LZ_MIB)
#define UNUSED_LEAST (8 * LZ_MIB)

/* Milliseconds. */
#define LOOK_OFTEN 10
#define LOOK_SELDOM 50
#define LOOK_LEAST_OFTEN 250
#define EMPTY_LEAST 50
#define EMPTY_MOST 1000
#define START_AGAIN 100

#define BUSY_LOOKS 8
#define IDLE_SHARE 64

enum { ABSENT, STARTING, RUNNING, STOPPED };

static int state; /* atomic */
static bool idle; /* atomic: the thread sleeps until it is woken */
static bool over; /* atomic: the thread takes no lock any more */
static pthread_t thread;
static sigset_t mask; /* of the thread that started it */

/*
 * The process whose thread it is. The child of a raw clone inherits the state,
 * but not the thread.
 */
static pid_t owner;

/* What the thread knows from its last look. */
struct watch {
    uint64_t at;          /* lz_os_now_exact */
    uint64_t others_time; /* lz_os_others_time */
    uint64_t freed;       /* regions, ever */
    unsigned busy_looks;  /* in a row */
    uint64_t idle_ns;     /* without a busy look */
    uint64_t empty_ns;    /* with nothing kept or freed */
};

static bool
is_stopped(void)
{
    return __atomic_load_n(&state, __ATOMIC_ACQUIRE) == STOPPED;
}

static bool
is_automatic(void)
{
    return lz_options.background == LZ_BACKGROUND_AUTO;
}

static size_t
between(size_t least, size_t n, size_t most)
{
    return n < least ? least : n > most ? most : n;
}

static void
update(struct watch *watch)
{
    uint64_t now = lz_os_now_exact(), time = lz_os_others_time();
    uint64_t freed = __atomic_load_n(&lz_stats.regions_freed, __ATOMIC_RELAXED);
    uint64_t passed = now - watch->at;
    bool was_idle = (time - watch->others_time) * IDLE_SHARE < passed;
    bool was_empty = lz_region_pool_is_empty() && freed == watch->freed;

    watch->idle_ns = was_idle ? watch->idle_ns + passed : 0;
    watch->busy_looks = was_idle ? 0 : watch->busy_looks + 1;
    watch->empty_ns = was_empty ? watch->empty_ns + passed : 0;
    watch->at = now;
    watch->others_time = time;
    watch->freed = freed;
}

/* The program needs no thread of ours, or has none of its own any more. */
static bool
is_left_alone(void)
{
    size_t threads;

    if (!is_automatic())
        return lz_os_is_last_thread();
    threads = lz_os_count_threads();
    return threads == 1 || threads == 2;
}

static bool
is_done(const struct watch *watch)
{
    size_t ms = between(EMPTY_LEAST, lz_options.decay_ms / 2, EMPTY_MOST);

    return watch->empty_ns >= ms * 1000000;
}

/*
 * Releases everything that is due. One call stops early, for the sake of
 * callers in a hurry.
 */
static void
tend(void)
{
    while (!is_stopped() && lz_region_release() != 0)
        ;
    while (!is_automatic() && !is_stopped() && lz_region_prepare())
        ;
}

/* Milliseconds until the next look. */
static size_t
look(const struct watch *watch)
{
    size_t most = lz_options.decay_ms / 4, ms;

    tend();
    if (watch->busy_looks != 0)
        return watch->busy_looks > BUSY_LOOKS ? LOOK_SELDOM : LOOK_OFTEN;
    ms = lz_region_idle((unsigned)(watch->idle_ns / 1000000));
    if (ms == 0)
        return LOOK_SELDOM;
    return between(LOOK_OFTEN, ms, between(LOOK_OFTEN, most, LOOK_LEAST_OFTEN));
}

static void
wait_for_work(size_t ms)
{
    /* A free before the mark has to wait for the next look. */
    __atomic_store_n(&idle, true, __ATOMIC_SEQ_CST);
    lz_os_sleep(ms);
    __atomic_store_n(&idle, false, __ATOMIC_SEQ_CST);
}

static void *
end_after(void *unused)
{
    pthread_join(thread, NULL);
    return unused;
}

/*
 * The last thread of a process runs its exit handlers (pthread_exit(3)). So
 * that thread must have a stack and signals as the program's threads have.
 */
static void
hand_over(void)
{
    pthread_t last;

    pthread_sigmask(SIG_SETMASK, &mask, NULL);
    if (pthread_create(&last, NULL, end_after, NULL) == 0)
        pthread_detach(last);
    else
        pthread_detach(pthread_self());
}

/*
 * False: not now. Either the thread that started this one has not finished
 * doing so, or somebody is stopping this one.
 */
static bool
leave(bool is_alone)
{
    bool is_last = lz_os_is_last_thread();
    int running = RUNNING;

    if (lz_region_pool_is_empty()) {
        if (lz_backend_unused() > UNUSED_LEAST)
            lz_backend_trim();
        lz_region_rest();
    }
    if (!__atomic_compare_exchange_n(&state, &running,
                                     is_last ? STOPPED : ABSENT, false,
                                     __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
        return false;
    if (is_last) {
        hand_over();
        return true;
    }
    pthread_detach(pthread_self());
    /* A free in the meantime saw the thread still running. */
    if (!is_alone && !lz_region_pool_is_empty())
        lz_background_wake();
    return true;
}

static void *
run(void *unused)
{
    struct watch watch = {.at = lz_os_now_exact(),
                          .others_time = lz_os_others_time()};
    bool is_alone = false;

    lz_os_name_thread("lazyzero");
    while (!is_stopped()) {
        lz_report_tick();
        is_alone = is_left_alone();
        update(&watch);
        if ((is_alone || is_done(&watch)) && leave(is_alone))
            return unused;
        if (!is_stopped())
            wait_for_work(look(&watch));
    }
    __atomic_store_n(&over, true, __ATOMIC_RELEASE);
    return unused;
}

static int
state_after(int error)
{
    if (error == 0)
        return RUNNING;
    if (is_automatic())
        return ABSENT;
    lz_log("LAZYZERO_BACKGROUND: cannot create the thread; continuing "
           "without it");
    return STOPPED;
}

/* No signal of the program may be handled on the thread. */
static void
start(void)
{
    int absent = ABSENT, error;
    sigset_t all, old;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    if (__atomic_compare_exchange_n(&state, &absent, STARTING, false,
                                    __ATOMIC_ACQ_REL, __ATOMIC_RELAXED)) {
        mask = old;
        owner = getpid();
        __atomic_store_n(&over, false, __ATOMIC_RELAXED);
        error = lz_os_sleep_start();
        if (error == 0)
            error = lz_thread_create(&thread, run);
        __atomic_store_n(&state, state_after(error), __ATOMIC_RELEASE);
    }
    pthread_sigmask(SIG_SETMASK, &old, NULL);
}

/*
 * The cheap questions come first. In a sandbox that forbids questions to the
 * system (lz_os_ask_nothing), no thread is started either; nor where another
 * library's mmap or munmap may allocate: within a thread's first allocation
 * jemalloc 5.3 does not survive another one.
 */
static bool
is_wanted(void)
{
    static uint64_t asked_at; /* atomic */
    uint64_t now;

    if (__atomic_load_n(&lz_stats.retained_bytes.now, __ATOMIC_RELAXED) <=
            KEPT_LEAST ||
        lz_os_is_single_threaded() || lz_os_next_is_foreign() ||
        lz_options.oracle == LZ_ORACLE_MEMSET)
        return false;
    now = lz_os_now();
    if (now - __atomic_load_n(&asked_at, __ATOMIC_RELAXED) < START_AGAIN)
        return false;
    __atomic_store_n(&asked_at, now, __ATOMIC_RELAXED);
    return lz_os_count_threads() >= 2;
}

void
lz_background_wake(void)
{
    int saved = errno, now;

    if (lz_options.background == LZ_BACKGROUND_OFF)
        return;
    now = __atomic_load_n(&state, __ATOMIC_SEQ_CST);
    if (now == ABSENT) {
        if (!is_automatic() || is_wanted())
            start();
    } else if (now == RUNNING && !is_automatic() &&
               __atomic_exchange_n(&idle, false, __ATOMIC_SEQ_CST)) {
        lz_os_wake();
    }
    errno = saved;
}

/*
 * Waits for the thread's end, 100 ms at most; as a rule it comes at once. It
 * does not come if the thread waits for a lock that the caller holds, who exits
 * in a signal handler that interrupted a malloc.
 */
static bool
ends_soon(void)
{
    for (int i = 0; i < 1000; i++) {
        if (__atomic_load_n(&over, __ATOMIC_ACQUIRE))
            return true;
        lz_os_pause(100);
    }
    return false;
}

void
lz_background_stop(void)
{
    int running = RUNNING;

    /* The cheap question first: without a thread, no system call is made. */
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
