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

struct lz_lock {
    pthread_mutex_t mutex;
};

#define LZ_LOCK_INITIALIZER       \
    {                             \
        PTHREAD_MUTEX_INITIALIZER \
    }

static inline void
lz_lock_acquire(struct lz_lock *lock)
{
    pthread_mutex_lock(&lock->mutex);
}

static inline bool
lz_lock_try(struct lz_lock *lock)
{
    return pthread_mutex_trylock(&lock->mutex) == 0;
}

static inline void
lz_lock_release(struct lz_lock *lock)
{
    pthread_mutex_unlock(&lock->mutex);
}

/* For a fork child: its only thread held the lock, under another thread id. */
static inline void
lz_lock_reset(struct lz_lock *lock)
{
    *lock = (struct lz_lock)LZ_LOCK_INITIALIZER;
}

#endif
