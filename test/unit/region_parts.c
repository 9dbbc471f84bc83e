/* SPDX-License-Identifier: MIT */
/*
 * A joined block grows without a copy, and is as it was when the system refuses
 * that, wherever it does.
 */
#include <sys/mman.h>

#include "control/stats.h"
#include "large/index.h"
#include "region_joined.h"

WRAPPED(int, lz_os_move_out, void *from, size_t length, void *to);

static size_t moves_out_left; /* not 0: the last of so many is refused */
static size_t moves_out;
static char *target; /* of the first move out */

int
__wrap_lz_os_move_out(void *from, size_t length, void *to)
{
    if (moves_out++ == 0)
        target = to;
    if (moves_out_left == 0 || --moves_out_left != 0)
        return __real_lz_os_move_out(from, length, to);
    __real_lz_os_unmap(to, length);
    fake_os_count(0, length);
    return ENOMEM;
}

WRAPPED(void, lz_place_apply, void *map, size_t size);
WRAPPED(void, lz_os_name, void *start, size_t length);

/* What was last given the rule for nodes, and the name. */
static char *placed, *named;
static size_t placed_size, named_size;

void
__wrap_lz_place_apply(void *map, size_t size)
{
    placed = map;
    placed_size = size;
    __real_lz_place_apply(map, size);
}

void
__wrap_lz_os_name(void *start, size_t length)
{
    named = start;
    named_size = length;
    __real_lz_os_name(start, length);
}

TestSuite(region_parts, .init = joined_start);

Test(region_parts, a_part_ends_at_the_next_seam_or_at_the_end)
{
    const struct lz_seams seams = {.count = 2, .at = {2, 5, 7}};

    cr_expect_eq(lz_region_part_end(&seams, 0, 10 * GRANULE), 2 * GRANULE);
    cr_expect_eq(lz_region_part_end(&seams, 2 * GRANULE, 10 * GRANULE),
                 5 * GRANULE);
    cr_expect_eq(lz_region_part_end(&seams, 2 * GRANULE, 4 * GRANULE),
                 4 * GRANULE);
    cr_expect_eq(lz_region_part_end(&seams, 5 * GRANULE, 10 * GRANULE),
                 10 * GRANULE, "what lies behind the count is no seam");
}

static void
expect_three_parts(const struct lz_region *region)
{
    for (int value = 1; value <= 3; value++)
        cr_expect_geq(count_bytes(region, value), PART - 3 * LZ_MIB, "%d",
                      value);
}

static void
expect_indexed(const struct lz_region *region)
{
    for (size_t at = 0; at < region->entry.map_size; at += GRANULE)
        cr_expect_eq(lz_index_get(region->entry.map + at), region, "%zu", at);
}

Test(region_parts, a_joined_block_grows, NEEDS_KERNEL)
{
    struct lz_region *region = join_three();
    char *before = region->entry.map;
    size_t size = region->entry.map_size;

    cr_assert_not_null(lz_region_grow(region, 4 * PART, 1));
    cr_expect_eq(lz_stats.resized_by_move, 1);
    cr_expect_neq(region->entry.map, before);
    cr_expect_geq(region->usable, 4 * PART);
    cr_expect_eq(region->seams.count, 3);
    cr_expect_eq(region->seams.at[2], size / GRANULE);
    cr_expect_null(lz_index_get(before));
    cr_expect_eq(placed, region->entry.map + size, "the fresh end");
    cr_expect_eq(placed_size, region->entry.map_size - size);
    cr_expect_eq(named, placed);
    cr_expect_eq(named_size, placed_size);
    /* Before it is read. */
    cr_expect_leq(resident_pages(region->entry.map, region->entry.map_size),
                  (long)(3 * PART / lz_os_page_size()));
    expect_three_parts(region);
    expect_indexed(region);
    fill_pattern(region->base, region->usable, 5);
    cr_expect(has_pattern(region->base, region->usable, 5));
    cr_expect(lz_region_free(region));
    expect_nothing_left();
}

Test(region_parts, what_it_leaves_is_handed_out_as_zero, NEEDS_KERNEL)
{
    struct lz_region *region = join_three();

    cr_assert_not_null(lz_region_grow(region, 4 * PART, 1));
    memset(region->base, 0xA5, region->usable);
    cr_assert(lz_region_free(region));
    for (int i = 0; i < 4; i++) {
        region = lz_region_allocate(PART, 1, true);
        cr_expect(all_bytes_are(region->base, region->usable, 0));
    }
}

static void
expect_unmapped(char *p, size_t n)
{
    unsigned char resident;
    int saved = errno;

    for (size_t at = 0; at < n; at += GRANULE) {
        cr_expect_neq(mincore(p + at, lz_os_page_size(), &resident), 0, "%zu",
                      at);
        cr_expect_null(lz_index_get(p + at), "%zu", at);
    }
    errno = saved;
}

static void
refuse(size_t part)
{
    struct lz_region *region = join_three();
    struct lz_pool_entry before = region->entry;

    moves_out_left = part;
    cr_expect_null(lz_region_grow(region, 4 * PART, 1));
    cr_expect_eq(region->entry.map, before.map);
    cr_expect_eq(region->entry.map_size, before.map_size);
    cr_expect_eq(region->seams.count, 2);
    expect_unmapped(target, lz_region_map_size_for(4 * PART));
    expect_three_parts(region);
    expect_indexed(region);
    cr_expect(lz_region_free(region));
    expect_nothing_left();
}

Test(region_parts, the_first_part_is_refused, NEEDS_LINUX)
{
    refuse(1);
}

Test(region_parts, the_second_part_is_refused, NEEDS_KERNEL)
{
    refuse(2);
}

Test(region_parts, the_last_part_is_refused, NEEDS_KERNEL)
{
    refuse(3);
}

Test(region_parts, an_index_slot_is_refused, NEEDS_LINUX)
{
    struct lz_region *region = join_three();

    fake.index_calls = 1;
    cr_expect_null(lz_region_grow(region, 4 * PART, 1));
    fake.index_calls = 0;
    expect_three_parts(region);
    expect_indexed(region);
    cr_expect(lz_region_free(region));
    expect_nothing_left();
}

/*
 * The program's advice splits a part: it is no mapping of its own any more.
 * Then no other is moved and copied back, since a device may have pinned its
 * pages.
 */
Test(region_parts, a_part_that_the_program_split_is_refused, NEEDS_KERNEL)
{
    struct lz_region *region = join_three();

    cr_assert_eq(
        madvise(region->entry.map + PART + GRANULE, GRANULE, MADV_DONTFORK), 0);
    cr_expect_null(lz_region_grow(region, 4 * PART, 1));
    cr_expect_eq(moves_out, 0);
    expect_three_parts(region);
    expect_indexed(region);
}

/* The kernel would count what is locked twice, for good. */
static void
expect_copied(struct lz_region *region)
{
    cr_expect_null(lz_region_grow(region, 4 * PART, 1));
    cr_expect_eq(moves_out, 0);
    expect_three_parts(region);
    expect_indexed(region);
}

Test(region_parts, a_block_that_the_program_locked_is_not_moved, NEEDS_LINUX)
{
    struct lz_region *region = join_three();

    lz_region_change(region->base, region->usable, LZ_REGION_ALTERED);
    expect_copied(region);
}

Test(region_parts, where_all_is_locked_none_is_moved, NEEDS_LINUX)
{
    struct lz_region *region = join_three();

    lz_region_all_locked();
    expect_copied(region);
}

/* Each growth is a part more, until there are too many. */
Test(region_parts, there_is_a_most, NEEDS_KERNEL)
{
    struct lz_region *region = join_three();

    while (region->seams.count < LZ_REGION_SEAMS &&
           lz_region_grow(region, lz_region_capacity(region) + 1, 1) != NULL)
        continue;
    cr_expect_null(lz_region_grow(region, lz_region_capacity(region) + 1, 1));
    expect_three_parts(region);
    expect_indexed(region);
    cr_expect(lz_region_free(region));
    expect_nothing_left();
}
