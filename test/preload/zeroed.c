/* SPDX-License-Identifier: MIT */
/*
 * Where zeroed memory is promised, every byte of the usable size is zero, most
 * of all in memory that was written to, freed and handed out again.
 */
#include <string.h>

#include "blocks.h"
#include "names.h"

PRELOAD_SUITE(zeroed);

#define DIRT 0xa5

/* Keeps the run with a threshold of 64 MiB within seconds. */
static bool
is_cheap(size_t a, size_t b)
{
    return a + b <= 130 * MIB;
}

static size_t
size_at(size_t i)
{
    size_t edge = threshold();
    const size_t sizes[] = {
        100,          4095,        4096,         4097,
        32 * KIB - 1, 32 * KIB,    32 * KIB + 1, 200000,
        edge - 1,     edge,        edge + 1,     2 * MIB - 1,
        2 * MIB,      2 * MIB + 1, 10 * MIB,     100 * MIB};

    return i < COUNT(sizes) ? sizes[i] : 0;
}

static void
make_dirty(void *p, size_t n)
{
    memset(p, DIRT, n);
}

static void
free_dirty(void *p)
{
    make_dirty(p, malloc_usable_size(p));
    free(p);
}

static void
check_zero(const void *p, size_t from, size_t to, const char *what, size_t n)
{
    size_t at = value_check(p, from, to, 0);

    cr_assert_eq(at, to, "%s(%zu): byte %zu is not zero", what, n, at);
}

/* The tests' own eyes: a byte that is not zero is seen wherever it lies. */
Test(zeroed, one_wrong_byte_is_seen)
{
    unsigned char *p = calloc(1, 100);

    for (size_t from = 0; from < 20; from++) {
        for (size_t at = from; at < 100; at++) {
            p[at] = 1;
            cr_assert_eq(value_check(p, from, 100, 0), at);
            p[at] = 0;
        }
    }
    free(p);
}

/* All ways to ask for zeroed memory. */
static void *
zeroed(size_t way, size_t n)
{
    switch (way) {
    case 0:
        return calloc(1, n);
    case 1:
        return calloc(n, 1);
    case 2:
        return mallocx(n, MALLOCX_ZERO);
    case 3:
        return mallocx(n, MALLOCX_ZERO | MALLOCX_ALIGN((size_t)65536));
    case 4:
        return mallocx(n, MALLOCX_ZERO | MALLOCX_ALIGN(4 * MIB));
    case 5:
        return mallocx(n, MALLOCX_ZERO | MALLOCX_ARENA(0));
    default:
        return __libc_calloc(1, n);
    }
}

/* The last is glibc's. */
#define WAYS ((size_t)6 + TEST_HAS_GLIBC)

/* One dirty block of each size is freed before each zeroed one is taken. */
static void
check_reuse(size_t dirty, size_t n, size_t way)
{
    void *p = malloc(dirty), *q;

    cr_assert_not_null(p);
    free_dirty(p);
    q = zeroed(way, n);
    cr_assert_not_null(q);
    check_zero(q, 0, malloc_usable_size(q), "zeroed", n);
    free_dirty(q);
}

Test(zeroed, calloc_after_a_dirty_block_of_any_size)
{
    for (size_t i = 0; size_at(i) != 0; i++) {
        for (size_t k = 0; size_at(k) != 0; k++) {
            if (is_cheap(size_at(i), size_at(k)))
                check_reuse(size_at(i), size_at(k), 0);
        }
    }
}

Test(zeroed, every_way_after_a_dirty_block_of_its_size)
{
    for (size_t way = 0; way < WAYS; way++) {
        for (size_t k = 0; size_at(k) != 0; k++)
            check_reuse(size_at(k), size_at(k), way);
    }
}

/* Many at once: the heap hands out neighbours, halves and merged pieces. */
Test(zeroed, calloc_from_a_heap_of_dirty_pieces)
{
    enum { BLOCKS = 64 };
    void *blocks[BLOCKS];

    for (size_t k = 0; size_at(k) != 0 && size_at(k) <= 2 * MIB; k++) {
        for (size_t i = 0; i < BLOCKS; i++)
            blocks[i] = malloc(size_at(k));
        for (size_t i = 0; i < BLOCKS; i++)
            free_dirty(blocks[i]);
        for (size_t i = 0; i < BLOCKS; i++) {
            blocks[i] = calloc(1, size_at(k) * (1 + i % 3));
            check_zero(blocks[i], 0, malloc_usable_size(blocks[i]), "calloc",
                       size_at(k) * (1 + i % 3));
            make_dirty(blocks[i], malloc_usable_size(blocks[i]));
        }
        for (size_t i = 0; i < BLOCKS; i++)
            free(blocks[i]);
    }
}

/* A block of a resized region's or heap block's memory is as dirty as any. */
Test(zeroed, calloc_after_a_dirty_block_that_was_resized)
{
    const size_t n = 3 * threshold() / 2;

    for (size_t from = n / 6; from <= n + 1; from += n / 6) {
        void *p = malloc(from), *q;

        make_dirty(p, malloc_usable_size(p));
        p = realloc(p, n);
        free_dirty(p);
        q = calloc(1, n);
        check_zero(q, 0, malloc_usable_size(q), "calloc", n);
        free_dirty(q);
        q = calloc(1, from);
        check_zero(q, 0, malloc_usable_size(q), "calloc", from);
        free(q);
    }
}

/*
 * MALLOCX_ZERO of rallocx and xallocx: the bytes beyond the old usable size.
 * The block is made dirty before it shrinks, so what it grows into again is.
 */
static void
check_growth(size_t from, size_t down, size_t to, size_t align)
{
    int flags = MALLOCX_ZERO | MALLOCX_ALIGN(align);
    unsigned char *p = mallocx(from, MALLOCX_ALIGN(align));
    size_t usable;

    make_dirty(p, sallocx(p, 0));
    p = rallocx(p, down, MALLOCX_ALIGN(align));
    usable = sallocx(p, 0);
    cr_assert_eq(value_check(p, 0, down, DIRT), down);
    p = rallocx(p, to, flags);
    cr_assert_not_null(p);
    cr_assert_eq((uintptr_t)p % align, 0);
    cr_assert_eq(value_check(p, 0, smaller_of(down, to), DIRT),
                 smaller_of(down, to), "lost contents");
    check_zero(p, smaller_of(usable, sallocx(p, 0)), sallocx(p, 0), "rallocx",
               to);
    dallocx(p, 0);
}

Test(zeroed, rallocx_growth_after_a_shrink)
{
    const size_t edge = threshold();
    const size_t sizes[] = {100,      40000,       edge / 2 - 1, edge / 2,
                            edge - 1, edge + 4097, 2 * edge,     5 * edge / 2};

    for (size_t i = 0; i < COUNT(sizes); i++) {
        for (size_t k = 0; k < COUNT(sizes); k++) {
            for (size_t m = 0; m < COUNT(sizes); m++) {
                if (sizes[m] < sizes[i] && is_cheap(sizes[i], sizes[k]))
                    check_growth(sizes[i], sizes[m], sizes[k], 1);
            }
        }
    }
}

Test(zeroed, rallocx_growth_to_another_alignment)
{
    const size_t edge = threshold();

    for (size_t align = 1; align <= 64 * MIB; align *= 8) {
        check_growth(edge + 1, edge / 2, edge + 1, align);
        check_growth(edge + 1, edge / 2, 3 * edge, align);
        check_growth(edge + 1, edge / 4, edge, align);
        check_growth(40000, 100, 3 * edge, align);
    }
}

/* Growth keeps zeroing through many steps: in place, moved, in place, ... */
Test(zeroed, rallocx_growth_step_by_step)
{
    const size_t step = threshold() / 8 + 4096;
    size_t n = threshold() / 2, usable;
    unsigned char *p = mallocx(n, MALLOCX_ZERO);

    make_dirty(p, usable = sallocx(p, 0));
    while (n < 4 * threshold()) {
        n += step;
        p = rallocx(p, n, MALLOCX_ZERO);
        cr_assert_eq(value_check(p, 0, usable, DIRT), usable);
        check_zero(p, usable, sallocx(p, 0), "rallocx", n);
        make_dirty(p, usable = sallocx(p, 0));
    }
    dallocx(p, 0);
}

/*
 * Of a heap block's new size only sallocx is to be believed: jemalloc 5.3.0
 * answers the old one when it grew by less than `extra`.
 */
static void
check_xallocx(size_t from, size_t down, size_t to, size_t extra)
{
    unsigned char *p = mallocx(from, 0);
    size_t usable, answer, grown;

    make_dirty(p, sallocx(p, 0));
    p = rallocx(p, down, 0);
    usable = sallocx(p, 0);
    answer = xallocx(p, to, extra, MALLOCX_ZERO);
    grown = sallocx(p, 0);
    cr_assert(answer == grown || !lazyzero_owns(p));
    cr_assert_eq(value_check(p, 0, smaller_of(down, grown), DIRT),
                 smaller_of(down, grown));
    check_zero(p, smaller_of(usable, grown), grown, "xallocx", to);
    dallocx(p, 0);
}

Test(zeroed, xallocx_growth_after_a_shrink)
{
    const size_t edge = threshold();
    const size_t sizes[] = {edge / 2, edge / 2 + 4097, edge - 1,
                            edge,     edge + 40000,    2 * edge};

    for (size_t i = 0; i < COUNT(sizes); i++) {
        for (size_t m = 0; m < COUNT(sizes); m++) {
            for (size_t k = 0; k < COUNT(sizes); k++) {
                if (sizes[m] >= sizes[i] || !is_cheap(sizes[i], sizes[k]))
                    continue;
                check_xallocx(sizes[i], sizes[m], sizes[k], 0);
                check_xallocx(sizes[i], sizes[m], sizes[k], edge / 3);
            }
        }
    }
}
