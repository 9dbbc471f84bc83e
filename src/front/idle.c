/* SPDX-License-Identifier: MIT */
#include "front/idle.h"

#include "control/options.h"
#include "large/region.h"
#include "os/os.h"

#define NS_A_SECOND 1000000000
#define NS_A_MS 1000000

/* How long a count of threads holds, in milliseconds. */
#define COUNT_IS_GOOD_FOR 100

/*
 * How late a signal may be noticed that comes while we poll, in milliseconds.
 */
#define GRACE_MOST 10

static struct {
    unsigned at; /* milliseconds */
    bool is_alone;
} counted; /* atomic */

/* Counting takes a system call, and a program with threads may wait often. */
static bool
is_alone(void)
{
    unsigned now;

    if (lz_os_is_single_threaded())
        return true;
    now = (unsigned)lz_os_now();
    if (now - __atomic_load_n(&counted.at, __ATOMIC_RELAXED) >=
        COUNT_IS_GOOD_FOR) {
        __atomic_store_n(&counted.is_alone, lz_os_is_alone(), __ATOMIC_RELAXED);
        __atomic_store_n(&counted.at, now, __ATOMIC_RELAXED);
    }
    return __atomic_load_n(&counted.is_alone, __ATOMIC_RELAXED);
}

void
lz_idle_fork_child(void)
{
    __atomic_store_n(&counted.at, (unsigned)lz_os_now() - COUNT_IS_GOOD_FOR,
                     __ATOMIC_RELAXED);
}

bool
lz_idle_is_due(void)
{
    if (lz_idle_has_nothing())
        return false;
    /*
     * A sandbox may kill the process for what the rest asks: lz_os_ask_nothing.
     */
    if (lz_options.oracle == LZ_ORACLE_MEMSET) {
        lz_region_idle(0);
        return false;
    }
    return is_alone();
}

/*
 * As lz_region_idle. The CPUs' caches hold little, so it stays until the decay
 * time is over.
 */
static unsigned
release_idle(unsigned waited)
{
    unsigned due = lz_region_idle(waited), left;

    if (!lz_cache_holds_regions())
        return due;
    if (waited >= lz_options.decay_ms) {
        lz_cache_remove_regions(lz_region_cached_release);
        return due;
    }
    left = (unsigned)lz_options.decay_ms - waited;
    return due != 0 && due < left ? due : left;
}

/* Pending signal handlers run here. errno is the call's. */
static void
restore_mask(const sigset_t *mask)
{
    int saved = errno;

    pthread_sigmask(SIG_SETMASK, mask, NULL);
    errno = saved;
}

static void
block_all(sigset_t *old)
{
    sigset_t all;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, old);
}

/*
 * Does a handler run for it that ends a call which restarts, or one that does
 * not?
 */
static bool
is_handled(int signal, bool restarts)
{
    struct sigaction action;

    return sigaction(signal, NULL, &action) == 0 &&
           action.sa_handler != SIG_DFL && action.sa_handler != SIG_IGN &&
           !(restarts && (action.sa_flags & SA_RESTART) != 0);
}

/* Only what the mask has is read: the program's may be the kernel's size. */
static bool
is_blocked(const sigset_t *mask, int signal)
{
    return mask != NULL && sigismember(mask, signal) == 1;
}

/* Is a signal there that the mask lets through? */
static bool
is_signalled(const sigset_t *mask)
{
    sigset_t pending;

    sigpending(&pending);
    for (int signal = 1; signal < NSIG; signal++) {
        if (is_blocked(&pending, signal) && !is_blocked(mask, signal))
            return true;
    }
    return false;
}

static bool
has_handler_to_run(const sigset_t *mask, const sigset_t *also, bool restarts)
{
    sigset_t pending;

    sigpending(&pending);
    for (int signal = 1; signal < NSIG; signal++) {
        if (is_blocked(&pending, signal) && !is_blocked(mask, signal) &&
            !is_blocked(also, signal) && is_handled(signal, restarts))
            return true;
    }
    return false;
}

/*
 * A signal that the program ignores ends no wait; but one that came while it
 * was blocked does, epoll_wait's for one. So it is let through first.
 */
static void
drop_ignored(const sigset_t *mask)
{
    sigset_t pending, ignored, all;
    bool any = false;

    sigemptyset(&ignored);
    sigpending(&pending);
    for (int signal = 1; signal < NSIG; signal++) {
        if (is_blocked(&pending, signal) && !is_blocked(mask, signal) &&
            !is_handled(signal, false)) {
            sigaddset(&ignored, signal);
            any = true;
        }
    }
    if (any) {
        pthread_sigmask(SIG_UNBLOCK, &ignored, &all);
        pthread_sigmask(SIG_SETMASK, &all, NULL);
    }
}

struct timespec
lz_idle_rest(const struct timespec *timeout, uint64_t start)
{
    uint64_t gone = lz_os_now_exact() - start;
    struct timespec rest = *timeout;

    rest.tv_sec -= (time_t)(gone / NS_A_SECOND);
    rest.tv_nsec -= (long)(gone % NS_A_SECOND);
    if (rest.tv_nsec < 0) {
        rest.tv_nsec += NS_A_SECOND;
        rest.tv_sec--;
    }
    return rest.tv_sec < 0 ? (struct timespec){0, 0} : rest;
}

static struct timespec
from_ms(unsigned ms)
{
    return (struct timespec){.tv_sec = (time_t)(ms / 1000),
                             .tv_nsec = (long)(ms % 1000) * NS_A_MS};
}

static bool
is_longer(const struct timespec *a, const struct timespec *b)
{
    return a->tv_sec > b->tv_sec ||
           (a->tv_sec == b->tv_sec && a->tv_nsec > b->tv_nsec);
}

/* The next part, of `ms` milliseconds or (0) to the end. */
static int
wait_part(struct lz_idle_call *call, unsigned ms, uint64_t start,
          const sigset_t *mask, bool *is_last)
{
    struct timespec part = from_ms(ms), rest = {0, 0};

    if (call->timeout != NULL)
        rest = lz_idle_rest(call->timeout, start);
    *is_last = ms == 0 || (call->timeout != NULL && !is_longer(&rest, &part));
    if (!*is_last)
        return call->wait(call, &part, mask);
    return call->wait(call, call->timeout != NULL ? &rest : NULL, mask);
}

static int
wait_in_parts(struct lz_idle_call *call)
{
    uint64_t start = lz_os_now_exact();
    unsigned waited = 0, ms;
    bool is_last;
    sigset_t old;
    const sigset_t *mask;
    int result;

    block_all(&old);
    mask = call->mask != NULL ? call->mask : &old;
    do {
        ms = release_idle(waited);
        drop_ignored(mask);
        result = wait_part(call, ms, start, mask, &is_last);
        waited += ms;
    } while (result == 0 && !is_last);
    restore_mask(&old);
    return result;
}

/* What is ready already is returned at once, and so is an error. */
int
lz_idle_wait(struct lz_idle_call *call)
{
    static const struct timespec none;
    int result = call->wait(call, &none, call->mask);

    return result != 0 ? result : wait_in_parts(call);
}

/* Age what is kept as if the wait were over: nobody will want it before. */
static void
release_for(uint64_t ms)
{
    unsigned decay = (unsigned)lz_options.decay_ms;

    release_idle(ms < decay ? (unsigned)ms : decay);
}

static bool
ends_in_time(struct lz_idle_call *grace, unsigned ms)
{
    struct timespec timeout = from_ms(ms < GRACE_MOST ? ms : GRACE_MOST);

    return grace != NULL && grace->wait(grace, &timeout, NULL) != 0;
}

/*
 * Somebody who names a size wants so much kept until the decay time is over,
 * whatever the program waits for. So it is looked at again and again, since all
 * signals are blocked meanwhile, and what is too old goes in between.
 */
static bool
ends_before_decay(struct lz_idle_call *grace, const sigset_t *mask)
{
    uint64_t start = lz_os_now_exact();
    struct timespec decay = from_ms((unsigned)lz_options.decay_ms), rest;
    unsigned due;

    while ((due = release_idle(0)) != 0) {
        drop_ignored(mask);
        if (is_signalled(mask))
            return false;
        if (ends_in_time(grace, due))
            return true;
        rest = lz_idle_rest(&decay, start);
        if (rest.tv_sec == 0 && rest.tv_nsec == 0)
            return false;
    }
    return false;
}

/* The same where the size is ours to choose: a moment. */
static bool
is_soon_over(struct lz_idle_call *grace, uint64_t ms, unsigned due,
             const sigset_t *mask)
{
    if (grace != NULL && ms == LZ_IDLE_FOR_EVER &&
        lz_options.retain != LZ_RETAIN_AUTO)
        return ends_before_decay(grace, mask);
    return ends_in_time(grace, due);
}

bool
lz_idle_before(struct lz_idle_call *grace, uint64_t ms, const sigset_t *also,
               bool restarts)
{
    int saved = errno;
    unsigned first;
    sigset_t old;
    bool result;

    block_all(&old);
    first = release_idle(0);
    if (first != 0 && first <= ms && !is_soon_over(grace, ms, first, &old))
        release_for(ms);
    result = has_handler_to_run(&old, also, restarts);
    errno = saved;
    restore_mask(&old);
    return result;
}
