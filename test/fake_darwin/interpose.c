/* SPDX-License-Identifier: MIT */
/* The interposed names, called as dyld makes programs call them. */
#include "control/options.h"
#include "fake_darwin.h"
#include "front/route.h"
#include "interpose/darwin/darwin.h"
#include "large/region.h"
#include "lazyzero/lazyzero.h"
#include "support.h"

#define LARGE (3 * LZ_MIB + 100)
#define TYPE 0x1234567890ull

/* What the table puts in place of a function, to be called as that one. */
static const void *
replacement_of(const void *replacee)
{
    for (size_t i = 0; i < lz_interpose_count(); i++) {
        if (lz_interpose_table[i].replacee == replacee)
            return lz_interpose_table[i].replacement;
    }
    cr_assert_fail("not in the table");
    return NULL;
}
#define CALL(name) \
    ((__typeof__(&name))(uintptr_t)replacement_of((const void *)&name))

static malloc_zone_t *
default_zone(void)
{
    return malloc_default_zone();
}

static void
start(void)
{
    CALL(free)(CALL(malloc)(1));
    memset(&fake_malloc.zone, 0, sizeof(fake_malloc.zone));
    fake_malloc.calls = fake_malloc.typed = 0;
}

TestSuite(interpose_darwin, .init = start);

static void *
ours(void *p)
{
    cr_assert(lazyzero_owns(p));
    return p;
}

static void *
theirs(void *p)
{
    cr_assert_not_null(p);
    cr_assert_not(lazyzero_owns(p));
    return p;
}

Test(interpose_inactive, only_an_interposed_call_starts_it)
{
    cr_expect_eq(lazyzero_is_active(), 0);
    CALL(free)(NULL);
    cr_expect_eq(lazyzero_is_active(), 0);
    free(malloc(1));
    cr_expect_eq(lazyzero_is_active(), 0);
    CALL(free)(CALL(malloc)(LARGE));
    cr_expect_eq(lazyzero_is_active(), 1);
}

Test(interpose_darwin, every_entry_has_both_sides_once)
{
    cr_assert_gt(lz_interpose_count(), 30);
    for (size_t i = 0; i < lz_interpose_count(); i++) {
        cr_expect_not_null(lz_interpose_table[i].replacement);
        cr_expect_not_null(lz_interpose_table[i].replacee);
        for (size_t j = 0; j < i; j++) {
            cr_expect_neq(lz_interpose_table[i].replacee,
                          lz_interpose_table[j].replacee);
            cr_expect_neq(lz_interpose_table[i].replacement,
                          lz_interpose_table[j].replacement);
        }
    }
}

/* Every way to get a block, with both sizes; freed by the plain free. */
static void
expect_by_size(void *(*allocate)(size_t n))
{
    void *small = theirs(allocate(1000)), *large = ours(allocate(LARGE));

    memset(small, 0xA5, 1000);
    memset(large, 0xA5, LARGE);
    CALL(free)(small);
    CALL(free)(large);
    cr_expect_not(lazyzero_owns(large));
}

#define WAY(name, expression)         \
    static void *way_##name(size_t n) \
    {                                 \
        return expression;            \
    }
#define OUT(call)              \
    ({                         \
        void *out;             \
        cr_assert_eq(call, 0); \
        out;                   \
    })

/* clang-format off: one way a line */
WAY(malloc, CALL(malloc)(n))
WAY(calloc, CALL(calloc)(n / 4, 4))
WAY(valloc, CALL(valloc)(n))
WAY(posix_memalign, OUT(CALL(posix_memalign)(&out, 64, n)))
WAY(aligned_alloc, CALL(aligned_alloc)(64, n))
WAY(realloc, CALL(realloc)(NULL, n))
WAY(reallocf, CALL(reallocf)(NULL, n))
WAY(reallocarray, CALL(reallocarray)(NULL, n / 4, 4))
WAY(reallocarrayf, CALL(reallocarrayf)(NULL, n / 4, 4))
WAY(zone_malloc, CALL(malloc_zone_malloc)(default_zone(), n))
WAY(zone_calloc, CALL(malloc_zone_calloc)(default_zone(), n / 4, 4))
WAY(zone_valloc, CALL(malloc_zone_valloc)(default_zone(), n))
WAY(zone_memalign, CALL(malloc_zone_memalign)(default_zone(), 64, n))
WAY(zone_realloc, CALL(malloc_zone_realloc)(default_zone(), NULL, n))
WAY(type_malloc, CALL(malloc_type_malloc)(n, TYPE))
WAY(type_calloc, CALL(malloc_type_calloc)(n / 4, 4, TYPE))
WAY(type_valloc, CALL(malloc_type_valloc)(n, TYPE))
WAY(type_posix_memalign,
    OUT(CALL(malloc_type_posix_memalign)(&out, 64, n, TYPE)))
WAY(type_aligned_alloc, CALL(malloc_type_aligned_alloc)(64, n, TYPE))
WAY(type_realloc, CALL(malloc_type_realloc)(NULL, n, TYPE))
WAY(type_zone_malloc, CALL(malloc_type_zone_malloc)(default_zone(), n, TYPE))
WAY(type_zone_calloc,
    CALL(malloc_type_zone_calloc)(default_zone(), n / 4, 4, TYPE))
WAY(type_zone_valloc, CALL(malloc_type_zone_valloc)(default_zone(), n, TYPE))
WAY(type_zone_memalign,
    CALL(malloc_type_zone_memalign)(default_zone(), 64, n, TYPE))
WAY(type_zone_realloc,
    CALL(malloc_type_zone_realloc)(default_zone(), NULL, n, TYPE))
/* clang-format on */

Test(interpose_darwin, large_ones_are_ours_by_every_name)
{
    static void *(*const ways[])(size_t) = {
        way_malloc,         way_calloc,        way_valloc,
        way_posix_memalign, way_aligned_alloc, way_realloc,
        way_reallocarray,   way_reallocarrayf, way_reallocf,
        way_zone_malloc,    way_zone_calloc,   way_zone_valloc,
        way_zone_memalign,  way_zone_realloc};

    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
        expect_by_size(ways[i]);
}

/* jemalloc has no use for one. */
Test(interpose_darwin, small_ones_keep_their_type)
{
    static void *(*const ways[])(size_t) = {
        way_type_malloc,         way_type_calloc,        way_type_valloc,
        way_type_posix_memalign, way_type_aligned_alloc, way_type_realloc,
        way_type_zone_malloc,    way_type_zone_calloc,   way_type_zone_valloc,
        way_type_zone_memalign,  way_type_zone_realloc};

    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        fake_malloc.type = fake_malloc.typed = 0;
        expect_by_size(ways[i]);
        cr_expect_eq(fake_malloc.typed, LZ_BACKEND_IS_SYSTEM, "way %zu", i);
        cr_expect_eq(fake_malloc.type, LZ_BACKEND_IS_SYSTEM * TYPE);
    }
}

/* By every name that frees: a block of either owner. */
Test(interpose_darwin, every_free_finds_the_owner)
{
    void *blocks[5];
    malloc_zone_t other = {0};

    for (int large = 0; large < 2; large++) {
        size_t n = large ? LARGE : 100;

        fake_malloc.calls = 0;
        CALL(free)(CALL(malloc)(n));
        CALL(vfree)(CALL(malloc)(n));
        CALL(malloc_type_free)(CALL(malloc)(n), TYPE);
        CALL(malloc_zone_free)(default_zone(), CALL(malloc)(n));
        CALL(malloc_zone_free)(&other, CALL(malloc)(n));
        CALL(malloc_type_zone_free)(default_zone(), CALL(malloc)(n), TYPE);
        /* vfree comes down to glibc's free; a typed zone's counts twice. */
        cr_expect_eq(fake_malloc.calls, LZ_BACKEND_IS_SYSTEM && !large ? 5 : 0);
    }
    for (int i = 0; i < 5; i++)
        blocks[i] = i % 2 ? CALL(malloc)(LARGE) : malloc(100);
    CALL(malloc_zone_batch_free)(default_zone(), blocks, 5);
    cr_expect_eq(fake_malloc.batch, 3);
    blocks[0] = CALL(malloc)(LARGE);
    fake_malloc.calls = 0;
    CALL(malloc_zone_batch_free)(default_zone(), blocks, 1);
    cr_expect_eq(fake_malloc.calls, 0);
    CALL(free)(NULL);
}

Test(interpose_darwin, another_zone_keeps_its_large_blocks)
{
    malloc_zone_t other = {0};
    void *p = theirs(CALL(malloc_zone_malloc)(&other, LARGE));

    cr_expect_eq(fake_malloc.zone, &other);
    p = theirs(CALL(malloc_zone_realloc)(&other, p, 2 * LARGE));
    CALL(malloc_zone_free)(&other, p);
    CALL(free)(theirs(CALL(malloc_zone_calloc)(&other, 1, LARGE)));
    CALL(free)(theirs(CALL(malloc_zone_valloc)(&other, LARGE)));
    CALL(free)(theirs(CALL(malloc_zone_memalign)(&other, 64, LARGE)));
    CALL(free)(theirs(CALL(malloc_type_zone_malloc)(&other, LARGE, TYPE)));
}

Test(interpose_darwin, realloc_across_the_threshold)
{
    char *p = CALL(malloc)(1000);

    fill_pattern(p, 1000, 1);
    p = ours(CALL(realloc)(p, LARGE));
    cr_expect(has_pattern(p, 1000, 1));
    fill_pattern(p, LARGE, 2);
    p = ours(CALL(realloc)(p, 9 * LARGE));
    cr_expect(has_pattern(p, LARGE, 2));
    p = theirs(CALL(malloc_zone_realloc)(default_zone(), p, 5000));
    cr_expect(has_pattern(p, 5000, 2));
    p = ours(CALL(malloc_type_realloc)(p, LARGE, TYPE));
    cr_expect(has_pattern(p, 5000, 2));
    p = theirs(CALL(malloc_type_zone_realloc)(default_zone(), p, 300, TYPE));
    cr_expect(has_pattern(p, 300, 2));
    CALL(free)(p);
}

/* Darwin's realloc(p, 0) is a new block of the least size, not NULL. */
Test(interpose_darwin, realloc_to_nothing)
{
    void *p = ours(CALL(malloc)(LARGE));

    CALL(free)(theirs(CALL(realloc)(p, 0)));
    cr_expect_not(lazyzero_owns(p));
}

Test(interpose_darwin, reallocarray_across_the_threshold)
{
    /* Not a constant: compilers know better. */
    static volatile size_t most = SIZE_MAX;
    char *p = CALL(malloc)(1000);

    fill_pattern(p, 1000, 1);
    p = ours(CALL(reallocarray)(p, LARGE / 4, 4));
    cr_expect(has_pattern(p, 1000, 1));
    p = ours(CALL(reallocarrayf)(p, LARGE, 4));
    cr_expect(has_pattern(p, 1000, 1));
    errno = 0;
    cr_expect_null(CALL(reallocarray)(p, most / 2, 3));
    cr_expect_eq(errno, ENOMEM);
    cr_expect(lazyzero_owns(p));
    cr_expect_null(CALL(reallocarrayf)(p, most / 2, 3));
    cr_expect_not(lazyzero_owns(p));
}

Test(interpose_darwin, a_reallocf_that_fails_frees)
{
    void *p = ours(CALL(malloc)(LARGE));

    errno = 0;
    cr_expect_null(CALL(reallocf)(p, SIZE_MAX / 2 + 2));
    cr_expect_eq(errno, ENOMEM);
    cr_expect_not(lazyzero_owns(p));
}

Test(interpose_darwin, sizes_and_zones_of_both)
{
    void *small = CALL(malloc)(100), *large = CALL(malloc)(LARGE);

    cr_expect_geq(CALL(malloc_size)(small), 100);
    cr_expect_geq(CALL(malloc_size)(large), LARGE);
    cr_expect_eq(CALL(malloc_size)(large), CALL(malloc_good_size)(LARGE));
    cr_expect_eq(CALL(malloc_good_size)(100), 112);
    cr_expect_eq(CALL(malloc_size)(NULL), 0);
    cr_expect_eq(CALL(malloc_zone_from_ptr)(small),
                 LZ_BACKEND_IS_SYSTEM ? default_zone() : lz_interpose_zone());
    cr_expect_eq(CALL(malloc_zone_from_ptr)(large), lz_interpose_zone());
    cr_expect_null(CALL(malloc_zone_from_ptr)(NULL));
    cr_expect(CALL(malloc_zone_claimed_address)(default_zone(), large));
    cr_expect_not(CALL(malloc_zone_claimed_address)(default_zone(), &small));
    CALL(free)(small);
    CALL(free)(large);
}

/* Three times over 0xA5: by our pages, whatever their state is. */
Test(interpose_darwin, calloc_of_a_dirty_block_is_zero)
{
    for (int way = 0; way < 3; way++) {
        unsigned char *p = ours(CALL(malloc)(LARGE));
        size_t usable = CALL(malloc_size)(p);

        memset(p, 0xA5, way == 0 ? usable : way == 1 ? 5000 : 0);
        CALL(free)(p);
        p = ours(CALL(calloc)(LARGE / 4 + 1, 4));
        cr_expect(all_bytes_are(p, CALL(malloc_size)(p), 0));
        CALL(free)(p);
    }
}

Test(interpose_darwin, overflow)
{
    /* Not a constant: compilers know better. */
    static volatile size_t most = SIZE_MAX;

    errno = 0;
    cr_expect_null(CALL(calloc)(most / 2, 3));
    cr_expect_eq(errno, ENOMEM);
    cr_expect_null(CALL(malloc)(most - 5));
    cr_expect_null(CALL(malloc_type_calloc)(most / 2, 3, TYPE));
    cr_expect_null(CALL(malloc_zone_calloc)(default_zone(), most / 2, 3));
}

/* A program's own zeroing, by all names, before and after libc's is known. */
Test(interpose_darwin, memset_and_its_relatives)
{
    unsigned char *p;

    for (int known = 0; known < 2; known++) {
        for (int way = 0; way < 4; way++) {
            p = ours(CALL(malloc)(LARGE));
            memset(p, 0xA5, LARGE);
            CALL(free)(p);
            p = ours(CALL(malloc)(LARGE));
            if (way == 0)
                cr_expect_eq(CALL(memset)(p, 0, LARGE), p);
            else if (way == 1)
                CALL(bzero)(p, LARGE);
            else if (way == 2)
                CALL(__bzero)(p, LARGE);
            else
                cr_expect_eq(CALL(__memset_chk)(p, 0, LARGE, LARGE), p);
            cr_expect(all_bytes_are(p, LARGE, 0));
            CALL(memset)(p, 0x5A, LARGE);
            cr_expect(all_bytes_are(p, LARGE, 0x5A));
            CALL(free)(p);
        }
        lz_route_set_memset(memset);
    }
}

/* Nothing is written where nothing was: the point of it all. */
Test(interpose_darwin, what_is_zero_already_is_not_written)
{
    char *p;

    lz_route_set_memset(memset);
    p = ours(CALL(malloc)(64 * LZ_MIB));
    CALL(bzero)(p, 64 * LZ_MIB);
    cr_expect_eq(
        resident_pages((void *)lz_round_down((uintptr_t)p, 4096), 64 * LZ_MIB),
        0);
}
