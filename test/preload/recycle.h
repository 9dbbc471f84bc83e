/* SPDX-License-Identifier: MIT */
/*
 * What the tests of recycled memory share: blocks that are made dirty in one
 * way or another, freed, and asked for again by calloc.
 */
#ifndef TEST_PRELOAD_RECYCLE_H
#define TEST_PRELOAD_RECYCLE_H

#include <string.h>
#include <sys/mman.h>

#include "blocks.h"
#include "names.h"

#define DIRT 0xa5

static inline size_t
page_size(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

/* The whole pages of the block that lie in its middle third, say. */
static inline char *
page_at(char *p, size_t offset)
{
    size_t page = page_size();

    return (char *)(((uintptr_t)p + offset + page - 1) & ~(page - 1));
}

static inline size_t
whole_pages(size_t n)
{
    return n & ~(page_size() - 1);
}

/* Every byte of the usable size, whatever was asked for. */
static inline void
require_zero(void *p, size_t n)
{
    size_t usable, at;

    cr_assert_not_null(p);
    usable = malloc_usable_size(p);
    cr_assert_geq(usable, n);
    at = value_check(p, 0, usable, 0);
    cr_assert_eq(at, usable, "calloc(%zu): byte %zu of %zu is 0x%x", n, at,
                 usable, ((unsigned char *)p)[at]);
}

/* Zero, and all of it writable: a protected page shows here. */
static inline void
require_zero_and_use(void *p, size_t n)
{
    size_t usable;

    require_zero(p, n);
    usable = malloc_usable_size(p);
    memset(p, DIRT, usable);
    cr_assert_eq(value_check(p, 0, usable, DIRT), usable);
}

/* Pages of [p, p + n) that are in memory. */
static inline size_t
resident_pages(const void *p, size_t n)
{
    static unsigned char map[1 << 20];
    size_t page = page_size(), count = (n + page - 1) / page, resident = 0;
    uintptr_t start = (uintptr_t)p & ~(page - 1);

    cr_assert_leq(count, sizeof(map));
    cr_assert_eq(mincore((void *)start, count * page, map), 0);
    for (size_t i = 0; i < count; i++)
        resident += map[i] & 1;
    return resident;
}

#endif
