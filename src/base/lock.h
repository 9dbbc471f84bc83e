/* SPDX-License-Identifier: MIT */
/*
 * The library's locks. A lock is held for a few loads and stores: never across
 * a system call that can block, never while the backend is called. (fork holds
 * all of them, and advises the kernel about what the pool keeps meanwhile.)
 *
 * Order, outermost first. A thread takes a lock only while it holds none that
 * stands below it; fork takes them all in this order (init.c):
 *
 *   libc's stdio list      a stream function may allocate while holding it
 *   jemalloc's own         its growth calls backend.c, which calls us
 *   pool                   freed regions
 *   meta                   free list of records
 *
 * pthread mutexes: statically initialised, hence usable before constructors;
 * locking one is no cancellation point (pthreads(7)).
 */
#ifndef LZ_LOCK_H
#define LZ_LOCK_H

#include <pthread.h>
#include <stdbool.h>

#include "base/assert.h"
#include "base/util.h"

enum lz_lock_rank { LZ_LOCK_POOL, LZ_LOCK_META };

struct lz_lock {
    pthread_mutex_t mutex;
    enum lz_lock_rank rank;
};

#define LZ_LOCK_INITIALIZER(rank)       \
    {                                   \
        PTHREAD_MUTEX_INITIALIZER, rank \
    }

/*
 * A debug build knows which locks this thread holds, as bits by rank. In any
 * other build these do nothing, and are for asserts alone.
 */
#if LZ_IS_DEBUG
extern __thread unsigned lz_lock_held
    __attribute__((tls_model("initial-exec")));
#define LZ_LOCK_HELD (lz_lock_held)
#define LZ_LOCK_SET(bits) (lz_lock_held = (bits))
#else
#define LZ_LOCK_HELD 0u
#define LZ_LOCK_SET(bits) ((void)(bits))
#endif

static inline void
lz_lock_note(const struct lz_lock *lock, bool held)
{
    LZ_ASSERT((LZ_LOCK_HELD >> lock->rank & 1) == (held ? 0 : 1));
    LZ_LOCK_SET(LZ_LOCK_HELD ^ 1u << lock->rank);
}

static inline bool
lz_lock_is_held(const struct lz_lock *lock)
{
    return (LZ_LOCK_HELD >> lock->rank & 1) != 0;
}

static inline void
lz_lock_acquire(struct lz_lock *lock)
{
    LZ_ASSERT(LZ_LOCK_HELD >> lock->rank == 0);
    pthread_mutex_lock(&lock->mutex);
    lz_lock_note(lock, true);
}

static inline bool
lz_lock_try(struct lz_lock *lock)
{
    if (pthread_mutex_trylock(&lock->mutex) != 0)
        return false;
    lz_lock_note(lock, true);
    return true;
}

static inline void
lz_lock_release(struct lz_lock *lock)
{
    lz_lock_note(lock, false);
    pthread_mutex_unlock(&lock->mutex);
}

/* For a fork child: its only thread held the lock, under another thread id. */
static inline void
lz_lock_reset(struct lz_lock *lock)
{
    lz_lock_note(lock, false);
    *lock = (struct lz_lock)LZ_LOCK_INITIALIZER(lock->rank);
}

#endif
