/* SPDX-License-Identifier: MIT */
/*
 * For the programs named dirty_*: memory is used in full, freed, and asked for
 * again by calloc, under circumstances in which an allocator that asks the
 * system what is zero may be told something wrong. Every byte is looked at.
 */
#ifndef PROGRAM_DIRTY_H
#define PROGRAM_DIRTY_H

#include <malloc.h>

#include "active.h"
#include "watch.h"

#define DIRT 0xa5
#define MIB ((size_t)1 << 20)

/* Blocks of the heap that calloc zeroes page by page, then regions. */
static const size_t dirty_sizes[] = {33000,   300000,      900000,
                                     2 * MIB, 3 * MIB + 5, 11 * MIB};

#define DIRTY_SIZES (sizeof(dirty_sizes) / sizeof(dirty_sizes[0]))

/* This system cannot do what the program is about: not a pass, not a failure.
 */
static inline void
skip(const char *why)
{
    printf("skipped: %s\n", why);
    exit(77);
}

static inline size_t
page_size(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

/* Every byte that the program may use. */
static inline void
require_zero(void *p, size_t n)
{
    REQUIRE(p != NULL);
    REQUIRE(malloc_usable_size(p) >= n);
    REQUIRE(all_bytes_are(p, 0, malloc_usable_size(p)));
}

static inline void
make_dirty(void *p)
{
    REQUIRE(p != NULL);
    memset(p, DIRT, malloc_usable_size(p));
}

/* calloc's bytes are zero; all of them are used. */
static inline void
use_all(size_t n)
{
    void *p = calloc(1, n);

    require_zero(p, n);
    make_dirty(p);
    free(p);
}

/* calloc's bytes are zero; one page of two is used. */
static inline void
use_scattered(size_t n)
{
    char *p = (char *)calloc(1, n);

    require_zero(p, n);
    for (size_t at = 0; at < n; at += 2 * page_size())
        p[at + at % 99] = (char)DIRT;
    free(p);
}

/* The program zeroes a used block by itself. */
static inline void
use_memset(size_t n)
{
    char *p = (char *)malloc(n);

    REQUIRE(p != NULL);
    memset(p, 0, n);
    REQUIRE(all_bytes_are(p, 0, n));
    make_dirty(p);
    memset(p, 0, n);
    REQUIRE(all_bytes_are(p, 0, n));
    make_dirty(p);
    free(p);
}

static inline void
use_realloc(size_t n)
{
    char *p = (char *)malloc(n);

    make_dirty(p);
    p = (char *)realloc(p, 3 * n);
    REQUIRE(p != NULL);
    REQUIRE(all_bytes_are(p, DIRT, n));
    make_dirty(p);
    p = (char *)realloc(p, n);
    REQUIRE(p != NULL);
    REQUIRE(all_bytes_are(p, DIRT, n));
    free(p);
}

static inline void
use_size(size_t n)
{
    for (int round = 0; round < 2; round++) {
        use_all(n);
        use_scattered(n);
        use_memset(n);
    }
    use_realloc(n);
    use_all(n);
}

static inline void
use_every_size_dirty(void)
{
    for (size_t i = 0; i < DIRTY_SIZES; i++)
        use_size(dirty_sizes[i]);
}

/* From /proc/self/statm. */
static inline void
count_bytes(size_t *mapped, size_t *resident)
{
    FILE *file = fopen("/proc/self/statm", "r");

    REQUIRE(file != NULL);
    REQUIRE(fscanf(file, "%zu %zu", mapped, resident) == 2);
    fclose(file);
    *mapped *= page_size();
    *resident *= page_size();
}

static inline size_t
mapped_bytes(void)
{
    size_t mapped, resident;

    count_bytes(&mapped, &resident);
    return mapped;
}

/* Bytes of the process that are in memory. */
static inline size_t
resident_bytes(void)
{
    size_t mapped, resident;

    count_bytes(&mapped, &resident);
    return resident;
}

/* Bytes that are locked into memory. */
static inline size_t
locked_bytes(void)
{
    char line[256];
    size_t kib = 0;
    FILE *file = fopen("/proc/self/status", "r");

    REQUIRE(file != NULL);
    while (fgets(line, sizeof(line), file) != NULL)
        sscanf(line, "VmLck: %zu", &kib);
    fclose(file);
    return kib << 10;
}

#endif
