/* SPDX-License-Identifier: MIT */
/*
 * A process that waits gives back what it keeps.
 *
 * A process with one thread gets no second one from us (background.h). Instead,
 * kept memory is released in the calls of the program that wait: those in
 * interpose/elf/wait*.c ask lz_idle_is_due first, and then call this file.
 *
 * Usable in a signal handler and in the child of a fork or vfork. No lock is
 * waited for, and a handler may leave a wait by siglongjmp. All signals are
 * blocked while memory is released, so that none is handled between two parts
 * of a wait that it should have ended.
 */
#ifndef LZ_IDLE_H
#define LZ_IDLE_H

#include <signal.h>
#include <time.h>

#include "base/util.h"
#include "heap/cache.h"
#include "large/pool.h"

/* A call that waits, as the program asked for it. */
struct lz_idle_call {
    /*
     * Waits for at most *timeout (NULL: for ever) with *mask (NULL: the
     * thread's own) in force. Returns what the call returns, and errno; 0: the
     * time is over.
     */
    int (*wait)(struct lz_idle_call *call, const struct timespec *timeout,
                const sigset_t *mask);
    const struct timespec *timeout; /* valid and not 0; NULL: for ever */
    const sigset_t *mask;           /* NULL: the thread's own */
};

#define LZ_IDLE_FOR_EVER UINT64_MAX

/* Is nothing kept that a wait could give back? Two loads. */
static inline bool
lz_idle_has_nothing(void)
{
    return lz_pool_is_empty() && !lz_cache_holds_regions();
}

/* Is something kept that only the waits of this thread can give back? */
bool lz_idle_is_due(void);

/*
 * Makes a call that is never restarted after a handler (signal(7)), in parts.
 * After each part that ends by its time, memory is released.
 */
int lz_idle_wait(struct lz_idle_call *call);

/*
 * To be called before a call that will wait for at least `ms` milliseconds, or
 * that surely goes on waiting when the grace call (NULL: none) has come to the
 * end of its time. Releases what is not kept for so long. If LAZYZERO_RETAIN is
 * a size and the call may wait for ever, the grace call gets the decay time, in
 * parts of some milliseconds.
 *
 * Returns true if the program's call is to fail with EINTR: a handler has run
 * in the meantime, for a signal that neither the thread nor `also` (NULL: none)
 * blocks. A handler with SA_RESTART counts only if the call does not restart.
 */
bool lz_idle_before(struct lz_idle_call *grace, uint64_t ms,
                    const sigset_t *also, bool restarts);

/* What is left of the timeout, which began at `start` (lz_os_now_exact). */
struct timespec lz_idle_rest(const struct timespec *timeout, uint64_t start);

/* In the child of a fork. See init.c. */
void lz_idle_fork_child(void);

#endif
