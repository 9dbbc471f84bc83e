/* SPDX-License-Identifier: MIT */
/*
 * Freed blocks that wait in a CPU's cache: which may, what is counted, and what
 * the next owner gets.
 */
#include "large/index.h"
#include "large/region_inside.h"
#include "region_fixture.h"

#define SIZE (3 * LZ_MIB)

static void
start(void)
{
    region_start();
    lz_region_change_observed();
}

TestSuite(region_cached, .init = start);

static size_t
live_bytes(void)
{
    return (size_t)lz_stats.live_bytes.now;
}

/* A block of SIZE bytes that was written, and waits. */
static struct lz_region *
waiting(void)
{
    struct lz_region *region = make_region(SIZE);

    memset(region->base, 0xA5, SIZE);
    cr_assert_eq(lz_region_cached_put(region, region->base), SIZE);
    return region;
}

static bool
may_wait(struct lz_region *region)
{
    return lz_region_cached_put(region, region->base) != 0;
}

Test(region_cached, a_block_that_waits_is_no_programs_but_counted_as_live)
{
    struct lz_region *region = waiting();

    cr_expect_null(lz_region_find(region->base));
    cr_expect_eq(live_bytes(), SIZE);
    cr_expect_eq(lz_stats.regions_freed, 0);
    cr_expect_eq(lz_pool_resident(), 0);
}

Test(region_cached, its_next_owner_gets_it_where_it_was)
{
    struct lz_region *region = waiting();
    char *base = region->base;

    cr_assert(lz_region_cached_take(region, SIZE, false));
    cr_expect_eq(lz_region_find(base), region);
    cr_expect(lz_region_is_reused(region));
    cr_expect(all_bytes_are(base, SIZE, 0xA5));
    cr_expect(lz_region_free(region));
    cr_expect_eq(live_bytes(), 0);
    cr_expect_eq(lz_stats.regions_freed, 1);
}

Test(region_cached, one_of_another_size_is_counted_by_it)
{
    struct lz_region *region = waiting();

    cr_assert(lz_region_cached_take(region, SIZE - 100000, false));
    cr_expect_eq(lz_region_usable(region), lz_region_usable_for(SIZE - 100000));
    cr_expect_eq(live_bytes(), lz_region_usable(region));
    cr_assert(lz_region_cached_put(region, region->base));
    cr_assert(lz_region_cached_take(region, SIZE, true));
    cr_expect_eq(live_bytes(), SIZE);
    cr_expect(all_bytes_are(region->base, SIZE, 0));
}

Test(region_cached, a_calloc_gets_zeros)
{
    struct lz_region *region = waiting();

    cr_assert(lz_region_cached_take(region, SIZE, true));
    cr_expect(all_bytes_are(region->base, SIZE, 0));
    cr_expect_eq(lz_stats.bytes_reused, SIZE);
}

Test(region_cached, so_does_the_programs_own_memset)
{
    struct lz_region *region = waiting();

    cr_assert(lz_region_cached_take(region, SIZE, false));
    if (!lz_region_memset(region->base, SIZE))
        memset(region->base, 0, SIZE);
    cr_expect(all_bytes_are(region->base, SIZE, 0));
}

Test(region_cached, a_second_free_is_noticed)
{
    struct lz_region *region = waiting();

    cr_expect_not(lz_region_cached_put(region, region->base));
    cr_expect_not(lz_region_free(region));
}

Test(region_cached, the_free_that_was_put_off_keeps_its_pages)
{
    struct lz_region *region = waiting();

    lz_region_cached_free(region);
    cr_expect_eq(live_bytes(), 0);
    cr_expect_eq(lz_stats.regions_freed, 1);
    cr_expect_eq(lz_pool_resident(), region->high_water);
}

Test(region_cached, a_released_one_is_gone)
{
    struct lz_region *region = waiting();
    char *map = region->entry.map;

    lz_region_cached_release(region);
    cr_expect_eq(live_bytes(), 0);
    cr_expect_eq(lz_stats.regions_freed, 1);
    cr_expect_eq(lz_stats.regions_released, 1);
    cr_expect_eq(lz_pool_resident(), 0);
    cr_expect_null(lz_index_get(map));
}

Test(region_cached, what_the_program_changed_does_not_wait)
{
    struct lz_region *region = make_region(SIZE);

    lz_region_change(region->base, 4096, LZ_REGION_ALTERED);
    cr_expect_not(may_wait(region));
    cr_expect_eq(lz_region_find(region->base), region);
}

Test(region_cached, nor_what_it_advised)
{
    struct lz_region *region = make_region(SIZE);
    void *p = region->base;
    size_t n = SIZE;

    lz_region_advise(&p, &n, LZ_REGION_NOHUGEPAGE);
    cr_expect_not(may_wait(region));
}

Test(region_cached, nor_what_is_not_an_ordinary_mapping)
{
    struct lz_region *region = make_region(SIZE);

    region->tight = true;
    cr_expect_not(may_wait(region));
    region->tight = false;
    region->hugepages = true;
    cr_expect_not(may_wait(region));
    region->hugepages = false;
    region->hugetlb = LZ_REGION_HUGETLB_RESERVED;
    cr_expect_not(may_wait(region));
    region->hugetlb = LZ_REGION_HUGETLB_NONE;
    region->seams.count = 1;
    cr_expect_not(may_wait(region));
    region->seams.count = 0;
    cr_expect(may_wait(region));
}

Test(region_cached, nor_one_with_more_pages_than_it_needs)
{
    struct lz_region *region = make_region(SIZE);

    cr_assert(lz_region_resize(region, 2 * LZ_MIB));
    cr_expect_not(may_wait(region));
    cr_assert(lz_region_resize(region, 2 * LZ_MIB + LZ_MIB / 2));
    cr_expect(may_wait(region));
}

Test(region_cached, nor_an_address_inside)
{
    struct lz_region *region = make_region(SIZE);

    cr_expect_eq(lz_region_cached_put(region, region->base + 4096), 0);
    cr_expect_eq(lz_region_find(region->base), region);
}

Test(region_cached, one_that_was_changed_while_it_waited_is_not_handed_out)
{
    struct lz_region *region = waiting();

    lz_region_change(region->base, 4096, LZ_REGION_REMAPPED);
    cr_expect_not(lz_region_cached_take(region, SIZE, false));
    cr_expect_eq(live_bytes(), 0);
    cr_expect_eq(lz_pool_resident(), 0);
}

Test(region_cached, one_that_is_too_short_is_freed)
{
    struct lz_region *region = waiting();
    size_t room = lz_region_capacity(region);

    cr_expect_not(lz_region_cached_take(region, room + 1, false));
    cr_expect_eq(lz_stats.regions_freed, 1);
    region = waiting();
    cr_expect(lz_region_cached_take(region, lz_region_capacity(region), false));
}

TestSuite(region_cached_unheard, .init = region_start);

Test(region_cached_unheard, where_changes_are_not_observed_none_waits)
{
    cr_expect_not(may_wait(make_region(SIZE)));
}

static void
expect_forbidden(void)
{
    cr_expect_not(lz_region_cached_is_allowed());
    lz_options.retain = LZ_RETAIN_AUTO;
    lz_options.decay_ms = 1000;
    lz_options.guard = false;
    lz_options.background = LZ_BACKGROUND_AUTO;
    lz_options.numa = LZ_NUMA_SYSTEM;
    lz_options.learn[0] = '\0';
    cr_expect(lz_region_cached_is_allowed());
}

Test(region_cached, options_that_ask_for_something_at_each_free_forbid_it)
{
    lz_options.retain = 0;
    expect_forbidden();
    lz_options.decay_ms = 0;
    expect_forbidden();
    lz_options.guard = true;
    expect_forbidden();
    lz_options.background = LZ_BACKGROUND_ON;
    expect_forbidden();
    lz_options.numa = LZ_NUMA_LOCAL;
    expect_forbidden();
    lz_options.learn[0] = 'x';
    expect_forbidden();
}
