/* SPDX-License-Identifier: MIT */
/*
 * lazyzero_malloc and its relatives, on every system: a line for each check on
 * standard output, then how many passed and failed. Exits with 1 if one failed.
 */
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "lazyzero/lazyzero.h"

#define KIB ((size_t)1 << 10)
#define MIB ((size_t)1 << 20)
#define ODD_ERRNO 12345
#define THREADS 4
#define ROUNDS 200

static int passed, failed;

static void
check(int holds, const char *text)
{
    passed += holds;
    failed += !holds;
    printf("%s %s\n", holds ? "ok" : "FAILED", text);
    fflush(stdout);
}

static int
bytes_are(const void *p, size_t n, unsigned char value)
{
    const unsigned char *bytes = (const unsigned char *)p;

    return n == 0 ||
           (bytes[0] == value && memcmp(bytes, bytes + 1, n - 1) == 0);
}

/* Small ones, the middle ones, and blocks with a mapping of their own. */
static const size_t sizes[] = {
    1,       24,          1000,    40 * KIB, 300 * KIB, 2 * MIB - 1,
    2 * MIB, 2 * MIB + 1, 5 * MIB, 16 * MIB, 40 * MIB,  100 * MIB + 5,
};
#define SIZES (sizeof(sizes) / sizeof(sizes[0]))

/* A pattern that depends on the place. */
static void
fill(unsigned char *p, size_t from, size_t to, unsigned seed)
{
    for (size_t i = from; i < to; i++)
        p[i] = (unsigned char)(i * 7 + (i >> 8) + (i >> 16) + seed);
}

static int
is_filled(const unsigned char *p, size_t n, unsigned seed)
{
    for (size_t i = 0; i < n; i++) {
        if (p[i] != (unsigned char)(i * 7 + (i >> 8) + (i >> 16) + seed))
            return 0;
    }
    return 1;
}

/* What the last one left is 0xA5, all of it, or a page here and there. */
static int
zeroes(size_t n, size_t step)
{
    for (int round = 0; round < 5; round++) {
        unsigned char *p = (unsigned char *)lazyzero_calloc(1, n);
        size_t usable;

        if (p == NULL)
            return 0;
        usable = lazyzero_usable_size(p);
        if (usable < n || !bytes_are(p, n, 0))
            return 0;
        for (size_t at = 0; at < usable; at += step)
            memset(p + at, 0xA5, usable - at < 4096 ? usable - at : 4096);
        lazyzero_free(p);
    }
    return 1;
}

static void
check_calloc(void)
{
    int dense = 1, sparse = 1;

    for (size_t i = 0; i < SIZES; i++) {
        dense &= zeroes(sizes[i], 4096);
        sparse &= zeroes(sizes[i], 5 * 4096 + 100);
    }
    check(dense, "every byte of a calloc is zero where all was 0xA5");
    check(sparse, "and where a page here and there was");
}

/* A malloc's block, a page of which was written by nobody, is calloc's next. */
static void
check_mixed(void)
{
    int zero = 1;

    for (size_t i = 0; i < SIZES; i++) {
        unsigned char *p = (unsigned char *)lazyzero_malloc(sizes[i]);

        memset(p, 0xA5, sizes[i]);
        p = (unsigned char *)lazyzero_realloc(p, sizes[i] / 2 + 1);
        lazyzero_free(p);
        p = (unsigned char *)lazyzero_calloc(sizes[i], 1);
        zero &= bytes_are(p, sizes[i], 0);
        lazyzero_free(p);
    }
    check(zero, "and where a malloc and a realloc came before");
}

static void
check_realloc(void)
{
    unsigned char *p = NULL;
    size_t from = 0;
    int kept = 1;

    for (int way = 0; way < 2; way++) {
        for (size_t i = 0; i < SIZES; i++) {
            size_t n = sizes[way == 0 ? i : SIZES - 1 - i];
            size_t same = from < n ? from : n;

            p = (unsigned char *)lazyzero_realloc(p, n);
            kept &= p != NULL && lazyzero_usable_size(p) >= n &&
                    is_filled(p, same, 1);
            fill(p, same, n, 1);
            from = n;
        }
    }
    lazyzero_free(p);
    check(kept, "realloc keeps every byte, growing and shrinking");
}

static void
check_realloc_back(void)
{
    unsigned char *p = (unsigned char *)lazyzero_malloc(64 * MIB);
    int kept;

    fill(p, 0, 64 * MIB, 2);
    p = (unsigned char *)lazyzero_realloc(p, 5 * MIB);
    kept = is_filled(p, 5 * MIB, 2);
    p = (unsigned char *)lazyzero_realloc(p, 60 * MIB);
    kept &= is_filled(p, 5 * MIB, 2);
    memset(p + 5 * MIB, 0xA5, 55 * MIB);
    kept &= is_filled(p, 5 * MIB, 2);
    p = (unsigned char *)lazyzero_realloc(p, 0);
    kept &= p != NULL;
    lazyzero_free(p);
    check(kept, "also where a block shrinks, grows again, and ends as nothing");
}

static void
check_aligned(void)
{
    int good = 1;

    for (size_t align = 1; align <= 64 * MIB; align *= 2) {
        for (size_t i = 0; i < SIZES - 2; i++) {
            char *p = (char *)lazyzero_aligned_alloc(align, sizes[i]);

            good &= p != NULL && (uintptr_t)p % align == 0 &&
                    lazyzero_usable_size(p) >= sizes[i];
            memset(p, 0xA5, sizes[i]);
            p = (char *)lazyzero_realloc(p, sizes[i] + 100);
            good &= bytes_are(p, sizes[i], 0xA5);
            lazyzero_free(p);
        }
    }
    check(good, "every alignment up to 64 MiB, of every size");
    errno = ODD_ERRNO;
    check(lazyzero_aligned_alloc(24, 100) == NULL && errno == EINVAL,
          "an alignment that is no power of two is EINVAL");
}

static int
is_refused(void *p)
{
    int error = errno;

    errno = ODD_ERRNO;
    return p == NULL && error == ENOMEM;
}

static void
check_refusals(void)
{
    void *p = lazyzero_malloc(5 * MIB);
    /* The compiler is not to see that they are too large. */
    volatile size_t most = SIZE_MAX, large = SIZE_MAX / 2 - 5 * KIB;

    memset(p, 0xA5, 5 * MIB);
    errno = ODD_ERRNO;
    check(is_refused(lazyzero_malloc(most)) &&
              is_refused(lazyzero_malloc(large)) &&
              is_refused(lazyzero_calloc(1, large)) &&
              is_refused(lazyzero_calloc(most / 4, 5)) &&
              is_refused(lazyzero_calloc(most / 4 + 1, 4)) &&
              is_refused(lazyzero_aligned_alloc(4096, most - 100)),
          "what does not fit is ENOMEM");
    check(is_refused(lazyzero_realloc(p, most)) &&
              is_refused(lazyzero_realloc(p, large)) &&
              bytes_are(p, 5 * MIB, 0xA5),
          "a realloc that is refused leaves the block");
    lazyzero_free(p);
    lazyzero_free(NULL);
    p = lazyzero_malloc(0);
    check(p != NULL && lazyzero_usable_size(NULL) == 0 && errno == ODD_ERRNO,
          "nothing is a size, and NULL is no block");
    lazyzero_free(p);
}

/* The library's own thread may have a block in hand, and put it back. */
static int
is_given_back(void)
{
    struct lazyzero_stats stats = {.size = sizeof(stats)};

    for (int i = 0; i < 100000; i++) {
        lazyzero_trim();
        if (lazyzero_read_stats(&stats) == 0 && stats.retained_bytes == 0)
            return 1;
    }
    return 0;
}

static void
check_owners(void)
{
    char *large = (char *)lazyzero_malloc(5 * MIB);
    char *small = (char *)lazyzero_malloc(100);
    char *volatile freed = large;
    struct lazyzero_stats stats = {.size = sizeof(stats)};

    check(lazyzero_owns(large) && !lazyzero_owns(large + 4096) &&
              !lazyzero_owns(small),
          "a large block is known by its start");
    check(lazyzero_read_stats(&stats) == 0 && stats.live_bytes >= 5 * MIB &&
              stats.regions_reused > 0 && stats.bytes_not_zeroed > MIB,
          "it is counted, as are what was reused and what was not written");
    memset(large, 0xA5, 5 * MIB);
    check(lazyzero_zero(large + 1, 5 * MIB - 2) <= 5 * MIB &&
              large[0] == (char)0xA5 && large[5 * MIB - 1] == (char)0xA5 &&
              bytes_are(large + 1, 5 * MIB - 2, 0),
          "lazyzero_zero zeroes a part of it");
    lazyzero_free(large);
    lazyzero_free(small);
    check(!lazyzero_owns(freed), "a freed one is nobody's");
    check(is_given_back(), "freed memory is given back");
}

/* Blocks of one's own, in other threads' way; NULL: all bytes were right. */
static void *
use(void *number)
{
    unsigned seed = (unsigned)(uintptr_t)number, next = seed;

    for (int i = 0; i < ROUNDS; i++) {
        size_t n;
        unsigned char *p, *q;

        next = next * 1103515245 + 12345;
        n = sizes[(next >> 16) % (SIZES - 2)];
        p = (unsigned char *)lazyzero_calloc(n, 1);
        q = (unsigned char *)lazyzero_malloc(n / 2 + 1);
        if (p == NULL || q == NULL || !bytes_are(p, n, 0))
            return p == NULL ? (void *)&passed : p;
        memset(q, (int)seed, n / 2 + 1);
        memset(p, 0xA5, n < MIB ? n : MIB);
        q = (unsigned char *)lazyzero_realloc(q, n);
        if (q == NULL || !bytes_are(q, n / 2 + 1, (unsigned char)seed))
            return (void *)&passed;
        lazyzero_free(p);
        lazyzero_free(q);
    }
    return NULL;
}

static void
check_threads(void)
{
    pthread_t threads[THREADS];
    int good = 1;

    for (size_t i = 0; i < THREADS; i++)
        good &= pthread_create(&threads[i], NULL, use,
                               (void *)(uintptr_t)(i + 1)) == 0;
    for (size_t i = 0; i < THREADS; i++) {
        void *wrong = NULL;

        pthread_join(threads[i], &wrong);
        good &= wrong == NULL;
    }
    check(good, "threads do not disturb each other's blocks");
}

int
main(void)
{
    check_calloc();
    check_mixed();
    check_realloc();
    check_realloc_back();
    check_aligned();
    check_refusals();
    check_owners();
    check_threads();
    printf("%d passed, %d failed\n", passed, failed);
    return failed != 0;
}
