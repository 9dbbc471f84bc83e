/* SPDX-License-Identifier: MIT */
/*
 * What the library hears of a program's own treatment of memory: which blocks
 * are marked by which range, and what a mark and its absence mean for the next
 * owner.
 */
#include "region_inside.h"

#include "fake_os.h"
#include "index.h"
#include "options.h"
#include "pool.h"

#define GRANULE LZ_INDEX_GRANULE

WRAPPED(bool, lz_os_make_plain, char *start, size_t length);
WRAPPED(bool, lz_os_is_plain, char *start, size_t length);

static struct {
    size_t made, asked; /* questions to the system */
    bool is_odd;        /* what it says */
} fake;

bool
__wrap_lz_os_make_plain(char *start, size_t length)
{
    (void)start;
    (void)length;
    fake.made++;
    return !fake.is_odd;
}

bool
__wrap_lz_os_is_plain(char *start, size_t length)
{
    (void)start;
    (void)length;
    fake.asked++;
    return !fake.is_odd;
}

static void
reset(void)
{
    lz_options.decay_ms = 3600000;
    lz_options.retain = 1024 * LZ_MIB;
    errno = ERRNO_MARK;
}

TestSuite(region_change, .init = reset);

static struct lz_region *
make(size_t n)
{
    void *p = lz_region_allocate(n, 1, false);

    cr_assert_not_null(p);
    return lz_region_find(p);
}

static int
change_of(const struct lz_region *region)
{
    return region->change;
}

/* Marks [from, to), counted from the mapping's start; then what it is. */
static int
after_change(struct lz_region *region, intptr_t from, intptr_t to)
{
    region->change = LZ_REGION_UNCHANGED;
    lz_region_change(region->entry.map + from, (size_t)(to - from),
                     LZ_REGION_TREATED);
    EXPECT_ERRNO_KEPT();
    return change_of(region);
}

Test(region_change, every_part_of_a_region_is_it)
{
    struct lz_region *region = make(9 * LZ_MIB);
    intptr_t size = (intptr_t)region->entry.map_size;
    intptr_t page = (intptr_t)lz_os_page_size();

    for (intptr_t at = 0; at < size; at += page)
        cr_assert_eq(after_change(region, at, at + page), LZ_REGION_TREATED);
    cr_expect_eq(after_change(region, 0, size), LZ_REGION_TREATED);
    cr_expect_eq(after_change(region, 1, 2), LZ_REGION_TREATED);
    cr_expect_eq(after_change(region, size - 1, size), LZ_REGION_TREATED);
    cr_expect_eq(after_change(region, -page, 1), LZ_REGION_TREATED);
    cr_expect_eq(after_change(region, -page, size + page), LZ_REGION_TREATED);
    cr_expect_eq(after_change(region, size - 1, size + page),
                 LZ_REGION_TREATED);
}

Test(region_change, what_lies_beside_it_is_not)
{
    struct lz_region *region = make(9 * LZ_MIB);
    intptr_t size = (intptr_t)region->entry.map_size;
    intptr_t page = (intptr_t)lz_os_page_size();

    cr_expect_eq(after_change(region, -page, 0), LZ_REGION_UNCHANGED);
    cr_expect_eq(after_change(region, size, size + page), LZ_REGION_UNCHANGED);
    cr_expect_eq(after_change(region, size, size + 999 * (intptr_t)GRANULE),
                 LZ_REGION_UNCHANGED);
    cr_expect_eq(after_change(region, 5, 5), LZ_REGION_UNCHANGED);
}

Test(region_change, ranges_may_be_anything)
{
    struct lz_region *region = make(9 * LZ_MIB);

    lz_region_change(NULL, SIZE_MAX, LZ_REGION_TREATED);
    cr_expect_eq(change_of(region), LZ_REGION_TREATED);
    region->change = LZ_REGION_UNCHANGED;
    lz_region_change(NULL, 1, LZ_REGION_TREATED);
    lz_region_change((void *)(UINTPTR_MAX - 5), 100, LZ_REGION_TREATED);
    lz_region_change((void *)UINTPTR_MAX, 0, LZ_REGION_TREATED);
    cr_expect_eq(change_of(region), LZ_REGION_UNCHANGED);
}

Test(region_change, a_range_finds_all_of_several)
{
    struct lz_region *regions[20];
    uintptr_t from = UINTPTR_MAX, to = 0;

    for (size_t i = 0; i < 20; i++) {
        uintptr_t at;

        regions[i] = make((i % 5 + 1) * LZ_MIB);
        at = (uintptr_t)regions[i]->entry.map;
        from = at < from ? at : from;
        to = at > to ? at : to;
    }
    /* To the first byte of the last one, from the last of the first. */
    lz_region_change((void *)(from + LZ_MIB), to + 1 - from - LZ_MIB,
                     LZ_REGION_TREATED);
    for (size_t i = 0; i < 20; i++)
        cr_expect_eq(change_of(regions[i]), LZ_REGION_TREATED, "%zu", i);
}

/* What the backend had there once may still have its slots. */
Test(region_change, slots_of_the_heap_do_not_hide_a_region)
{
    struct lz_region *region = make(9 * LZ_MIB);
    char *map = region->entry.map;

    lz_index_set(map + GRANULE, LZ_INDEX_HEAP);
    lz_index_set(map + 3 * GRANULE, LZ_INDEX_HEAP);
    cr_expect_eq(after_change(region, (intptr_t)(3 * GRANULE) + 5,
                              (intptr_t)(3 * GRANULE) + 9),
                 LZ_REGION_TREATED);
}

Test(region_change, the_worst_stays)
{
    struct lz_region *region = make(LZ_MIB);

    lz_region_change(region->base, 1, LZ_REGION_REMAPPED);
    lz_region_change(region->base, 1, LZ_REGION_TREATED);
    cr_expect_eq(change_of(region), LZ_REGION_REMAPPED);
}

Test(region_change, growing_keeps_what_was_known, NEEDS_LINUX)
{
    struct lz_region *region = make(3 * LZ_MIB);

    cr_assert_not_null(lz_region_grow(region, 40 * LZ_MIB, 1));
    cr_expect_eq(change_of(region), LZ_REGION_UNCHANGED);
    cr_expect_eq(
        after_change(region, 39 * (intptr_t)LZ_MIB, 40 * (intptr_t)LZ_MIB),
        LZ_REGION_TREATED);
    cr_expect(lz_region_resize(region, 2 * LZ_MIB));
    cr_expect_eq(change_of(region), LZ_REGION_TREATED);
}

/* Until all is heard the system is asked. */
Test(region_change, before_anything_is_heard_the_system_is_asked)
{
    struct lz_region *region = make(LZ_MIB);

    cr_expect(lz_region_is_ours(region, false));
    cr_expect_eq(fake.made, 1);
    fake.is_odd = true;
    cr_expect_not(lz_region_is_ours(region, false));
}

Test(region_change, an_unchanged_one_needs_no_question_unless_for_zeros)
{
    struct lz_region *region = make(LZ_MIB);

    lz_region_change_hear();
    fake.is_odd = true;
    cr_expect(lz_region_is_ours(region, false));
    cr_expect_eq(fake.asked + fake.made, 0);
    cr_expect_not(lz_region_is_ours(region, true));
    cr_expect_eq(fake.asked, 1);
}

Test(region_change, a_treated_one_is_made_plain_and_is_as_new)
{
    struct lz_region *region = make(LZ_MIB);

    lz_region_change_hear();
    lz_region_change(region->base, 1, LZ_REGION_TREATED);
    cr_expect(lz_region_is_ours(region, false));
    cr_expect_eq(fake.made, 1);
    cr_expect(lz_region_is_ours(region, false));
    cr_expect_eq(fake.made, 1, "once");
}

Test(region_change, a_remapped_one_is_not_ours)
{
    struct lz_region *region = make(LZ_MIB);

    lz_region_change_hear();
    lz_region_change(region->base, 1, LZ_REGION_REMAPPED);
    cr_expect_not(lz_region_is_ours(region, false));
    cr_expect_not(lz_region_is_ours(region, true));
    cr_expect_eq(fake.asked + fake.made, 0);
}

/* It lies in the pool as it is; nobody gets it. */
Test(region_change, a_remapped_one_is_unmapped_instead_of_reused)
{
    struct lz_region *region = make(LZ_MIB);

    lz_region_change_hear();
    lz_region_change(region->base, 1, LZ_REGION_REMAPPED);
    lz_region_free(region);
    fake_os_reset();
    cr_assert_not_null(lz_region_allocate(LZ_MIB, 1, false));
    cr_expect_eq(fake_os.unmaps, 1);
    cr_expect_eq(fake_os.region_maps, 1);
}

/* The program's memset of a changed block is libc's. */
Test(region_change, memset_of_a_changed_block_is_a_write)
{
    char *p = lz_region_allocate(LZ_MIB, 1, false);

    lz_region_change(p, 1, LZ_REGION_TREATED);
    cr_expect_not(lz_region_memset(p, LZ_MIB));
    p = lz_region_allocate(LZ_MIB, 1, false);
    cr_expect(lz_region_memset(p, LZ_MIB));
}
