/* SPDX-License-Identifier: MIT */
/*
 * A program may ask for much and use little of it. The kept pages that such a
 * block got are lost to everybody until it is freed. So a large block gets all
 * the pages that it has room for only where the program has used such blocks in
 * full, or where what is kept covers all of it; otherwise a bounded part.
 */
#include "base/assert.h"
#include "control/options.h"
#include "large/index.h"
#include "large/region_inside.h"
#include "large/zero.h"

/* A block of at most WHOLE gets all; a larger one that nobody knows, PART. */
#define WHOLE (128 * LZ_MIB)
#define PART (64 * LZ_MIB)

/* A block is known if one of at least 4/7 of its size was used in full. */
static bool
is_known(size_t size, size_t dense)
{
    return size / 7 * 4 <= dense;
}

/* Where what is kept covers all of it, a quarter is enough. */
#define GROWTH 4

/* Below, uses are not looked at (history_freed.c). */
#define LEARN_LEAST (16 * LZ_MIB)

/* Both atomic: the largest block used in full, the smallest that was not. */
static size_t dense_most, sparse_least = SIZE_MAX;

/*
 * By size class, atomic: one more than how many callocs may get kept pages,
 * after a fresh one was used in full. Then another fresh one tells whether that
 * still holds, since of pages that were written nothing can be told. 0: no
 * calloc of that class was seen.
 */
#define CREDIT 8

static uint8_t dense_callocs[LZ_POOL_CLASSES];

/*
 * Of a class that was never seen, some get kept pages too, if so many fresh
 * callocs of any class, one after the other, were used in full.
 */
#define TREND 3
#define CREDIT_OF_TREND 2

static unsigned trend; /* atomic */

/*
 * By size class, atomic: how many granules the last block that was looked at
 * held, rounded up, if that was not all of a malloc, or at most half of a
 * calloc; else 0.
 */
static uint16_t partly_mallocs[LZ_POOL_CLASSES];
static uint16_t sparse_callocs[LZ_POOL_CLASSES];

/* Of what was fresh when the use began, at least half was used. */
static bool
was_dense(const struct lz_region *region, size_t populated)
{
    size_t fresh = region->high_water - region->warm_end;

    return populated >= region->warm_end &&
           populated - region->warm_end >= fresh / 2;
}

static void
note_trend(bool is_dense)
{
    unsigned count = __atomic_load_n(&trend, __ATOMIC_RELAXED);

    if (!is_dense)
        __atomic_store_n(&trend, 0, __ATOMIC_RELAXED);
    else if (count < TREND)
        __atomic_store_n(&trend, count + 1, __ATOMIC_RELAXED);
}

/* 0: all of it, or too many to count. */
static void
note_held(uint16_t *held, size_t bytes)
{
    size_t granules = bytes == 0 ? 0 : bytes / LZ_INDEX_GRANULE + 1;

    __atomic_store_n(held, (uint16_t)(granules > UINT16_MAX ? 0 : granules),
                     __ATOMIC_RELAXED);
}

/* `held` in bytes, or 0 for all of it. */
static void
note_calloc(size_t class, bool is_dense, size_t held)
{
    __atomic_store_n(&dense_callocs[class], is_dense ? 1 + CREDIT : 1,
                     __ATOMIC_RELAXED);
    note_held(&sparse_callocs[class], held);
}

static void
note_malloc(size_t size, bool is_dense)
{
    size_t least = __atomic_load_n(&sparse_least, __ATOMIC_RELAXED);

    if (is_dense)
        lz_raise_to(&dense_most, size);
    if (is_dense && size >= least)
        __atomic_store_n(&sparse_least, SIZE_MAX, __ATOMIC_RELAXED);
    if (!is_dense && size < least)
        __atomic_store_n(&sparse_least, size, __ATOMIC_RELAXED);
}

/* More than half of the pages count as all. */
static void
learn_calloc(const struct lz_region *region, size_t populated)
{
    size_t most = region->high_water;
    size_t class = lz_pool_class(region->entry.map_size);
    bool is_dense;

    if (region->warm_end != 0 || most < LEARN_LEAST)
        return;
    if (populated == most)
        populated = lz_zero_populated(region->entry.map, most, most / 2);
    is_dense = populated > most / 2;
    note_trend(is_dense);
    note_calloc(class, is_dense, is_dense ? 0 : populated + 1);
}

size_t
lz_region_demand_held(const struct lz_region *region)
{
    size_t class = lz_pool_class(region->entry.map_size);
    const uint16_t *partly = region->zeroed ? sparse_callocs : partly_mallocs;
    size_t most = region->high_water, held;

    held = LZ_INDEX_GRANULE * __atomic_load_n(&partly[class], __ATOMIC_RELAXED);
    if (held == 0)
        return most;
    if (held < region->entry.resident)
        held = region->entry.resident;
    return held < most ? held : most;
}

bool
lz_region_demand_is_dense(size_t size)
{
    size_t class = lz_pool_class(lz_pool_class_size(size));
    uint8_t known = __atomic_load_n(&dense_callocs[class], __ATOMIC_RELAXED);

    return known > 1 ||
           (known == 0 && __atomic_load_n(&trend, __ATOMIC_RELAXED) == TREND);
}

void
lz_region_demand_spend(size_t size)
{
    uint8_t *credit = &dense_callocs[lz_pool_class(lz_pool_class_size(size))];
    uint8_t left = __atomic_load_n(credit, __ATOMIC_RELAXED);

    if (left == 0)
        left = 1 + CREDIT_OF_TREND;
    if (left > 1)
        __atomic_store_n(credit, left - 1, __ATOMIC_RELAXED);
}

void
lz_region_demand_learn(const struct lz_region *region, size_t populated)
{
    size_t size = region->entry.map_size;

    LZ_ASSERT(populated <= region->high_water && region->high_water <= size);
    if (lz_options.oracle != LZ_ORACLE_AUTO)
        return;
    if (region->zeroed) {
        learn_calloc(region, populated);
        return;
    }
    if (region->high_water < region->warm_end + LEARN_LEAST)
        return;
    note_held(&partly_mallocs[lz_pool_class(size)],
              populated == region->high_water ? 0 : populated + 1);
    note_malloc(size, was_dense(region, populated));
}

void
lz_region_demand_expect(size_t map_size, bool zeroed, size_t least, size_t most)
{
    if (map_size < LEARN_LEAST)
        return;
    if (zeroed)
        note_calloc(lz_pool_class(map_size), least > 50,
                    most > 50 ? 0 : map_size / 100 * most + 1);
    else
        note_malloc(map_size, least >= 50);
}

/* Is nearly all of it kept? */
static bool
covers(size_t size)
{
    return size - size / 16 <= lz_pool_resident();
}

size_t
lz_region_demand(size_t size)
{
    size_t dense = __atomic_load_n(&dense_most, __ATOMIC_RELAXED);

    if (size <= WHOLE)
        return size;
    if (size >= __atomic_load_n(&sparse_least, __ATOMIC_RELAXED))
        return PART;
    if (is_known(size, dense))
        return size;
    return size / GROWTH <= dense && covers(size) ? size : PART;
}
