/* SPDX-License-Identifier: MIT */
/*
 * The zeroing engine writes whole pages only where they are the block's own:
 * the bytes right before and right after a block belong to others, and keep
 * what is in them.
 */
#include "recycle.h"

PRELOAD_SUITE(recycle_neighbours);

#define BLOCKS 60

static char *blocks[BLOCKS];

static const size_t sizes[] = {
    32 * KIB - 1, 32 * KIB, 32 * KIB + 1, 36 * KIB,  40001,   48 * KIB,
    65536,        70000,    100000,       200 * KIB, 300001,  512 * KIB,
    700000,       900000,   MIB - 4096,   MIB - 1,   MIB + 5, 2 * MIB};

static void
fill(size_t i, uint64_t seed)
{
    pattern_fill(blocks[i], 0, malloc_usable_size(blocks[i]), seed + i);
}

static void
require_unharmed(size_t i, uint64_t seed, size_t n)
{
    size_t usable = malloc_usable_size(blocks[i]);

    cr_assert_eq(pattern_check(blocks[i], usable, seed + i), usable,
                 "block %zu of %zu bytes", i, n);
}

/* Of three blocks the middle one goes, and comes back as calloc's. */
static void
recycle_between(size_t n, size_t again, uint64_t seed)
{
    for (size_t i = 1; i < BLOCKS; i += 3) {
        memset(blocks[i], DIRT, malloc_usable_size(blocks[i]));
        free(blocks[i]);
        blocks[i] = calloc(1, again);
        require_zero(blocks[i], again);
    }
    for (size_t i = 0; i < BLOCKS; i++) {
        if (i % 3 != 1)
            require_unharmed(i, seed, n);
        else
            memset(blocks[i], DIRT, malloc_usable_size(blocks[i]));
    }
    for (size_t i = 0; i < BLOCKS; i++) {
        if (i % 3 != 1)
            require_unharmed(i, seed, n);
    }
}

static void
check(size_t n, size_t align)
{
    for (size_t i = 0; i < BLOCKS; i++) {
        blocks[i] = mallocx(n, MALLOCX_ALIGN(align));
        cr_assert_not_null(blocks[i]);
        fill(i, n);
    }
    recycle_between(n, n, n);
    recycle_between(n, n - n / 8, n);
    recycle_between(n, n / 2 + 1, n);
    recycle_between(n, n, n);
    for (size_t i = 0; i < BLOCKS; i++)
        free(blocks[i]);
}

Test(recycle_neighbours, keep_every_byte)
{
    for (size_t i = 0; i < COUNT(sizes); i++)
        check(sizes[i], 1);
}

Test(recycle_neighbours, keep_every_byte_beside_aligned_blocks)
{
    for (size_t i = 0; i < COUNT(sizes); i++)
        check(sizes[i], 4096);
}

/* All freed at once, so that neighbours melt into larger extents. */
Test(recycle_neighbours, blocks_cut_from_a_dirty_extent)
{
    for (size_t i = 0; i < BLOCKS; i++) {
        blocks[i] = malloc(512 * KIB);
        memset(blocks[i], DIRT, malloc_usable_size(blocks[i]));
    }
    for (size_t i = 0; i < BLOCKS; i++)
        free(blocks[i]);
    for (size_t i = 0; i < BLOCKS; i++) {
        size_t n = sizes[i % COUNT(sizes)];

        blocks[i] = calloc(1, n);
        require_zero(blocks[i], n);
        fill(i, 9);
    }
    for (size_t i = 0; i < BLOCKS; i++) {
        require_unharmed(i, 9, malloc_usable_size(blocks[i]));
        free(blocks[i]);
    }
}
