/* SPDX-License-Identifier: MIT */
/*
 * Resizing: the bytes that a block grows into may have been used before, by
 * itself or by an earlier owner of the memory. MALLOCX_ZERO promises zeros
 * there, realloc only that the old bytes stay.
 */
#include "recycle.h"

PRELOAD_SUITE(recycle_growth);

#define SEED 77

static size_t
size_at(size_t i)
{
    size_t edge = threshold();
    const size_t sizes[] = {
        33000,        edge / 2 - 1,   edge / 2,
        edge - 1,     edge,           edge + 5000,
        2 * edge + 1, 2 * edge + MIB, smaller_of(6 * edge, 2 * edge + 6 * MIB)};

    return i < COUNT(sizes) ? sizes[i] : 0;
}

#define EACH_SIZE(n) \
    for (size_t at_##n = 0, n; (n = size_at(at_##n)) != 0; at_##n++)

/* What the next blocks of about this size are made of. */
static void
leave_dirt(size_t n)
{
    for (int i = 0; i < 2; i++) {
        void *p = malloc(n + (size_t)i * 64 * KIB);

        memset(p, DIRT, malloc_usable_size(p));
        free(p);
    }
}

static char *
new_block(size_t n)
{
    char *p;

    leave_dirt(n);
    p = malloc(n);
    cr_assert_not_null(p);
    pattern_fill(p, 0, malloc_usable_size(p), SEED);
    return p;
}

static void
require_kept(const char *p, size_t n)
{
    cr_assert_eq(pattern_check(p, n, SEED), n, "of %zu bytes", n);
}

static void
require_zero_between(const char *p, size_t from, size_t to)
{
    if (from < to)
        cr_assert_eq(value_check(p, from, to, 0), to, "[%zu, %zu)", from, to);
}

Test(recycle_growth, rallocx_zero)
{
    EACH_SIZE(from)
    EACH_SIZE(to)
    {
        char *p = new_block(from);
        size_t usable = malloc_usable_size(p);

        p = rallocx(p, to, MALLOCX_ZERO);
        cr_assert_not_null(p);
        require_kept(p, smaller_of(from, to));
        require_zero_between(p, usable, malloc_usable_size(p));
        free(p);
    }
}

/* The block's own dirt, beyond what it shrank to. */
Test(recycle_growth, rallocx_zero_after_a_shrink)
{
    EACH_SIZE(from)
    EACH_SIZE(down)
    {
        char *p = new_block(from);
        size_t usable;

        if (down >= from) {
            free(p);
            continue;
        }
        p = rallocx(p, down, 0);
        usable = malloc_usable_size(p);
        p = rallocx(p, from, MALLOCX_ZERO);
        require_kept(p, down);
        require_zero_between(p, usable, malloc_usable_size(p));
        free(p);
    }
}

/* In place, or not at all: only what the block really became counts. */
static void
check_xallocx(size_t from, size_t down, size_t to)
{
    char *p = new_block(from);
    size_t usable;

    xallocx(p, down, 0, 0);
    usable = malloc_usable_size(p);
    xallocx(p, to, to / 8, MALLOCX_ZERO);
    require_kept(p, smaller_of(from, down));
    require_zero_between(p, usable, malloc_usable_size(p));
    free(p);
}

Test(recycle_growth, xallocx_zero)
{
    EACH_SIZE(from)
    EACH_SIZE(to)
    {
        check_xallocx(from, from, to > from ? to : from);
        check_xallocx(from, from / 2, from);
        check_xallocx(from, from - from / 4, to > from ? to : from);
    }
}

Test(recycle_growth, realloc_keeps_the_contents)
{
    EACH_SIZE(from)
    EACH_SIZE(to)
    {
        char *p = new_block(from);

        p = realloc(p, to);
        require_kept(p, smaller_of(from, to));
        pattern_fill(p, 0, malloc_usable_size(p), SEED);
        p = realloc(p, from);
        require_kept(p, smaller_of(from, to));
        free(p);
    }
}

/* Where a block was, and what it grew over, is as dirty as any memory. */
Test(recycle_growth, calloc_after_realloc)
{
    EACH_SIZE(from)
    EACH_SIZE(to)
    {
        char *p = realloc(new_block(from), to), *q;

        memset(p, DIRT, malloc_usable_size(p));
        q = calloc(1, from);
        require_zero_and_use(q, from);
        free(p);
        p = calloc(1, to);
        require_zero_and_use(p, to);
        free(q);
        q = calloc(1, from);
        require_zero(q, from);
        free(p);
        free(q);
    }
}

/* calloc, then realloc with zeros: no byte was ever anything else. */
Test(recycle_growth, zeroed_from_birth)
{
    EACH_SIZE(from)
    {
        char *p;

        leave_dirt(from);
        p = calloc(1, from);
        EACH_SIZE(to)
        {
            leave_dirt(to);
            p = rallocx(p, to, MALLOCX_ZERO);
            require_zero(p, to);
        }
        free(p);
    }
}
