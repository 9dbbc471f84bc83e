/* SPDX-License-Identifier: MIT */
/*
 * Threads that free and take blocks of the same class in a storm: each block
 * has one owner, is zero when it comes from calloc, and keeps what its owner
 * wrote. Then blocks that change hands: one thread allocates, another zeroes or
 * frees.
 */
#include <sched.h>

#include "dirty.h"

#define THREADS 3
#define ROUNDS 150

static void
use_marked(size_t n, int mark)
{
    char *p = (char *)calloc(1, n);

    require_zero(p, n);
    memset(p, mark, n);
    sched_yield();
    REQUIRE(all_bytes_are(p, mark, n));
    free(p);
}

/* Full, then in part, so that the engine never knows what it will find. */
static void *
storm(void *number)
{
    int mark = 1 + (int)(uintptr_t)number;

    for (int round = 0; round < ROUNDS; round++) {
        use_marked(2 * MIB + 100, mark);
        use_scattered(2 * MIB + 100);
        use_marked(400000, mark);
        use_scattered(400000);
    }
    return NULL;
}

static void
start(pthread_t *thread, void *(*function)(void *), void *argument)
{
    REQUIRE(pthread_create(thread, NULL, function, argument) == 0);
}

static void
run_storm(void)
{
    pthread_t threads[THREADS];

    for (uintptr_t i = 0; i < THREADS; i++)
        start(&threads[i], storm, (void *)i);
    for (int i = 0; i < THREADS; i++)
        REQUIRE(pthread_join(threads[i], NULL) == 0);
}

/* A block at a time goes from hand to hand; NULL at the end. */
static int hands[2];

static void *
zero_and_free(void *unused)
{
    char *p;

    while (read(hands[0], &p, sizeof(p)) == sizeof(p) && p != NULL) {
        size_t n = malloc_usable_size(p);

        memset(p, 0, n);
        REQUIRE(all_bytes_are(p, 0, n));
        memset(p, 7, n);
        free(p);
    }
    return unused;
}

static void
hand_over(char *p)
{
    REQUIRE(write(hands[1], &p, sizeof(p)) == sizeof(p));
}

static void
run_hands(void)
{
    pthread_t thread;

    REQUIRE(pipe(hands) == 0);
    start(&thread, zero_and_free, NULL);
    for (int round = 0; round < ROUNDS; round++) {
        char *p =
            (char *)(round % 3 == 0 ? calloc(1, 2 * MIB) : malloc(2 * MIB));

        REQUIRE(p != NULL);
        if (round % 3 == 0)
            require_zero(p, 2 * MIB);
        if (round % 2 == 0)
            make_dirty(p);
        hand_over(p);
    }
    hand_over(NULL);
    REQUIRE(pthread_join(thread, NULL) == 0);
}

int
main(void)
{
    require_active();
    watchdog(100);
    run_storm();
    run_hands();
    return 0;
}
