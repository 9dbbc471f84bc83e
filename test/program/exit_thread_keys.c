/* SPDX-License-Identifier: MIT */
/*
 * Destructors of thread-specific data allocate and free, in every one of the
 * rounds that a thread's end has, hence also after the allocator's own.
 */
#include <limits.h>

#include "active.h"
#include "watch.h"

#define THREADS 50

static pthread_key_t key;
static int destructor_runs;

/* Sets the value anew, so that libc calls again, up to its limit. */
static void
destroy(void *block)
{
    void *fresh = calloc(1, LARGE);

    REQUIRE(fresh != NULL);
    free(block);
    use_every_size();
    __atomic_fetch_add(&destructor_runs, 1, __ATOMIC_RELAXED);
    if (__atomic_load_n(&destructor_runs, __ATOMIC_RELAXED) %
            PTHREAD_DESTRUCTOR_ITERATIONS ==
        0)
        free(fresh);
    else
        REQUIRE(pthread_setspecific(key, fresh) == 0);
}

static void *
run(void *unused)
{
    void *block = malloc(LARGE);

    REQUIRE(block != NULL);
    REQUIRE(pthread_setspecific(key, block) == 0);
    return unused;
}

int
main(void)
{
    require_active();
    watchdog(60);
    REQUIRE(pthread_key_create(&key, destroy) == 0);
    for (int i = 0; i < THREADS; i++) {
        pthread_t thread;

        REQUIRE(pthread_create(&thread, NULL, run, NULL) == 0);
        REQUIRE(pthread_join(thread, NULL) == 0);
    }
    REQUIRE(destructor_runs == THREADS * PTHREAD_DESTRUCTOR_ITERATIONS);
    return 0;
}
