/* SPDX-License-Identifier: MIT */
/*
 * tsan BACKGROUND STEPS: threads allocate, set, resize, hand over and free
 * blocks, and ThreadSanitizer watches. The library's core is linked in under
 * its private names, because a sanitizer takes the place of malloc.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/options.h"
#include "front/background.h"
#include "front/route.h"
#include "large/region.h"

enum { THREADS = 4, SHARED = 6 };

struct block {
    unsigned char *p;
    size_t n;
};

static struct block *shared[SHARED]; /* atomic */
static long steps;

static size_t
next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return (size_t)(*state >> 8);
}

static void
require(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "tsan: %s\n", what);
    exit(1);
}

/* Few classes, so that threads meet in them; a byte in every page is used. */
static void
make(struct block *block, uint64_t *state)
{
    bool zero = next_random(state) % 2;

    block->n = ((size_t)1 << 20) + next_random(state) % 4 * (size_t)700000;
    if (next_random(state) % 4 == 0)
        block->n = 40000;
    block->p = lz_route_allocate(block->n, 1, zero);
    require(block->p != NULL, "no memory");
    for (size_t at = 0; at < block->n; at += 4096) {
        require(!zero || block->p[at] == 0, "not zero");
        block->p[at] = (unsigned char)next_random(state);
    }
    if (next_random(state) % 3 == 0)
        lz_route_memset(block->p, 0, block->n);
    block->p[0] = 0xA5;
}

static void
resize(struct block *block, uint64_t *state)
{
    size_t n = block->n / 2 + next_random(state) % block->n;
    unsigned char *p = lz_route_realloc(block->p, n);

    require(p != NULL && p[0] == 0xA5, "lost by realloc");
    block->p = p;
    block->n = n;
}

static void
step(struct block **own, uint64_t *state)
{
    switch (next_random(state) % 4) {
    case 0:
        resize(*own, state);
        break;
    case 1:
        lz_route_free((*own)->p, "free");
        make(*own, state);
        break;
    case 2:
        if (next_random(state) % 16 == 0)
            lz_route_trim();
        break;
    default:
        *own = __atomic_exchange_n(&shared[next_random(state) % SHARED], *own,
                                   __ATOMIC_ACQ_REL);
    }
}

static void *
work(void *number)
{
    uint64_t state = 77 + (uintptr_t)number;
    struct block *own = malloc(sizeof(*own));

    require(own != NULL, "no memory");
    make(own, &state);
    for (long i = 0; i < steps; i++)
        step(&own, &state);
    lz_route_free(own->p, "free");
    free(own);
    return NULL;
}

/*
 * jemalloc is not built with the sanitizer, which so cannot see how one thread
 * hands memory that it mapped, or a mutex that it made there, to another.
 */
__attribute__((visibility("default"))) const char *
__tsan_default_suppressions(void);

const char *
__tsan_default_suppressions(void)
{
    return "race:^lz_backend_mmap$\nrace:^je_malloc_mutex_init$\n";
}

int
main(int argc, char **argv)
{
    pthread_t threads[THREADS];
    uint64_t state = 1;

    if (argc != 3)
        return 2;
    lz_route_set_memset(memset);
    lz_options.background = atoi(argv[1]) != 0;
    lz_options.decay_ms = 20;
    steps = atol(argv[2]);
    for (size_t i = 0; i < SHARED; i++) {
        shared[i] = malloc(sizeof(struct block));
        require(shared[i] != NULL, "no memory");
        make(shared[i], &state);
    }
    for (size_t i = 0; i < THREADS; i++)
        require(pthread_create(&threads[i], NULL, work, (void *)i) == 0,
                "no thread");
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    for (size_t i = 0; i < SHARED; i++) {
        lz_route_free(shared[i]->p, "free");
        free(shared[i]);
    }
    lz_background_stop();
    lz_region_release_all();
    return 0;
}
