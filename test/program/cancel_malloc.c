/* SPDX-License-Identifier: MIT */
/*
 * A thread whose cancellation is pending allocates, resizes and frees. None of
 * these may be a cancellation point (pthreads(7)): the thread ends where it
 * says so, and nowhere else.
 */
#include <malloc.h>
#include <stdint.h>

#include "active.h"
#include "watch.h"

static volatile bool reached_end;
static volatile size_t too_large = SIZE_MAX / 2;

static void
fill_and_free(void *p, size_t n)
{
    REQUIRE(p != NULL);
    REQUIRE(malloc_usable_size(p) >= n);
    memset(p, 0x5a, n);
    free(p);
}

static void
by_malloc(size_t n)
{
    fill_and_free(malloc(n), n);
}

static void
by_calloc(size_t n)
{
    fill_and_free(calloc(n, 1), n);
}

static void
by_memalign(size_t n)
{
    void *p;

    REQUIRE(posix_memalign(&p, 4096, n) == 0);
    fill_and_free(p, n);
    fill_and_free(aligned_alloc(64, n), n);
}

static void
by_realloc(size_t n)
{
    void *p = realloc(NULL, n);

    REQUIRE(p != NULL);
    memset(p, 0x5a, n);
    p = realloc(p, 3 * n);
    REQUIRE(p != NULL);
    p = reallocarray(p, n, 25);
    REQUIRE(p != NULL);
    p = realloc(p, n);
    REQUIRE(all_bytes_are(p, 0x5a, n));
    fill_and_free(p, n);
}

static void
by_failure(size_t n)
{
    errno = 0;
    REQUIRE(malloc(too_large + n) == NULL && errno == ENOMEM);
    errno = 0;
    REQUIRE(calloc(too_large, n) == NULL && errno == ENOMEM);
}

static void
by_trim(size_t n)
{
    fill_and_free(malloc(n), n);
    malloc_trim(0);
}

static void (*const operations[])(size_t) = {
    by_malloc, by_calloc, by_memalign, by_realloc, by_failure, by_trim};

/* The largest moves by copy where the system has no mremap: 18 MB a thread. */
static const size_t sizes[] = {TINY, SMALL, MIDDLE, LARGE, 2 * LARGE};

static void *
run_all(void *unused)
{
    REQUIRE(pthread_cancel(pthread_self()) == 0);
    for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++) {
        for (size_t j = 0; j < sizeof(sizes) / sizeof(sizes[0]); j++)
            operations[i](sizes[j]);
    }
    reached_end = true;
    pthread_testcancel();
    REQUIRE(!"not cancelled");
    return unused;
}

/* Fresh threads: their first call sets up a cache and, soon, an arena. */
int
main(void)
{
    require_active();
    watchdog(60);
    for (int i = 0; i < 10; i++) {
        pthread_t thread;
        void *result;

        reached_end = false;
        REQUIRE(pthread_create(&thread, NULL, run_all, NULL) == 0);
        REQUIRE(pthread_join(thread, &result) == 0);
        REQUIRE(result == PTHREAD_CANCELED);
        REQUIRE(reached_end);
    }
    return 0;
}
