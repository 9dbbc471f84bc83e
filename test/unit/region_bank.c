/* SPDX-License-Identifier: MIT */
/*
 * A kept block that serves a request of another size: what the front and the
 * rest of it know of themselves, and what is left alone. (That the bytes are
 * right and nothing is lost is in region_pool.c.)
 */
#include "large/index.h"
#include "large/meta.h"
#include "large/pool.h"
#include "large/region_inside.h"
#include "region_fixture.h"
#include "region_records.h"

#define GRANULE LZ_INDEX_GRANULE

WRAPPED(enum lz_os_space, lz_os_space_for, size_t more);

static bool is_tight;

enum lz_os_space
__wrap_lz_os_space_for(size_t more)
{
    (void)more;
    return is_tight ? LZ_OS_SPACE_TIGHT : LZ_OS_SPACE_FREE;
}

static void
reset(void)
{
    region_start();
    lz_region_change_observed();
}

TestSuite(region_bank, .init = reset);

/* A kept block, as far as it was used; it stays where it is. */
static struct lz_region *
keep(size_t n)
{
    struct lz_region *region = make_region(n);

    /* Touched, since of 16 MiB or more only what is there is kept. */
    memset(lz_region_base(region), 1, n);
    cr_assert(lz_region_free(region));
    cr_assert_eq(lz_pool_oldest, &region->entry);
    return region;
}

/* The same, of which so many bytes were ever used, and so many are there. */
static struct lz_region *
keep_part(size_t n, size_t high_water, size_t resident)
{
    struct lz_region *region = keep(n);

    cr_assert_eq(lz_pool_take_oldest(), &region->entry);
    region->high_water = high_water;
    region->entry.resident = resident;
    lz_pool_put(&region->entry);
    return region;
}

/* The record of what begins at that distance from the mapping's start. */
static struct lz_region *
at(const struct lz_region *region, size_t distance)
{
    return lz_index_get(region->entry.map + distance);
}

static struct lz_region *
rest_of(const struct lz_region *front)
{
    return at(front, front->entry.map_size);
}

Test(region_bank, the_rest_knows_what_the_block_knew)
{
    struct lz_region *region = keep(64 * LZ_MIB), *front, *rest;
    size_t high_water = region->high_water, all = region->entry.map_size;
    uint64_t freed_at = region->entry.freed_at - 5;

    region->entry.freed_at = freed_at;
    region->advice = 1;
    front = make_region(20 * LZ_MIB);
    cr_assert_eq(front, region);
    rest = rest_of(front);
    cr_assert_not_null(rest);
    cr_assert_neq(rest, front);
    cr_expect_eq(front->entry.map_size + rest->entry.map_size, all);
    cr_expect_eq(at(front, all - 1), rest, "to its last byte");
    cr_expect_neq(at(front, all), rest, "and no further");
    cr_expect_eq(rest->base, front->entry.map + front->entry.map_size);
    cr_expect_eq(front->high_water, front->entry.map_size);
    cr_expect_eq(rest->high_water, high_water - front->entry.map_size);
    cr_expect_eq(rest->entry.resident, rest->high_water);
    cr_expect_eq(lz_pool_resident(), rest->high_water);
    cr_expect_eq(rest->entry.freed_at, freed_at);
    cr_expect_eq(rest->advice, 1);
    cr_expect(rest->plain);
    cr_expect_eq(rest->change, LZ_REGION_UNCHANGED);
    cr_expect_null(lz_region_find(rest->base), "it is nobody's block");
    cr_expect_eq(lz_stats.bytes_reused, front->usable);
}

/* What was seen of all of it says nothing of a part. */
Test(region_bank, a_part_is_not_as_hot_as_the_block)
{
    struct lz_region *region = keep(64 * LZ_MIB), *front;
    const struct lz_history unknown = {.warm = true};

    memset(&region->history, 1, sizeof(region->history));
    front = make_region(20 * LZ_MIB);
    front->history.clean = false;
    cr_expect_eq(memcmp(&front->history, &unknown, sizeof(unknown)), 0);
    cr_expect_eq(memcmp(&rest_of(front)->history, &unknown, sizeof(unknown)),
                 0);
}

Test(region_bank, without_a_record_for_the_rest_the_block_stays_whole)
{
    struct lz_region *region = keep(64 * LZ_MIB);
    size_t all = region->entry.map_size;

    fake.refuse_records = true;
    cr_expect_eq(make_region(20 * LZ_MIB), region);
    cr_expect_eq(region->entry.map_size, all);
    cr_expect_eq(at(region, all - 1), region);
    cr_expect_eq(lz_stats.regions_split, 0);
}

/* The first is the front's own slots, the second the rest's. */
Test(region_bank, without_an_index_for_the_rest_the_block_stays_whole)
{
    for (size_t calls = 1; calls <= 2; calls++) {
        struct lz_region *region = keep(64 * LZ_MIB);
        size_t all = region->entry.map_size;
        int records = fake.records;

        fake.index_calls = calls;
        cr_expect_eq(make_region(20 * LZ_MIB), region, "%zu", calls);
        cr_expect_eq(fake.index_calls, 0, "%zu", calls);
        cr_expect_eq(region->entry.map_size, all, "%zu", calls);
        cr_expect_eq(at(region, all - 1), region, "%zu", calls);
        cr_expect_eq(fake.records, records, "a record leaked: %zu", calls);
        lz_region_release_all();
    }
    cr_expect_eq(lz_stats.regions_split, 0);
}

/* The pages behind the front would be nobody's gain. */
Test(region_bank, a_block_is_not_cut_behind_what_was_used)
{
    size_t size = lz_region_need_for(40 * LZ_MIB);
    const size_t used[] = {36 * LZ_MIB, size};

    for (size_t i = 0; i < 2; i++) {
        struct lz_region *region = keep_part(64 * LZ_MIB, used[i], used[i]);
        size_t all = region->entry.map_size;

        cr_expect_eq(make_region(40 * LZ_MIB), region);
        cr_expect_eq(region->entry.map_size, all);
    }
    cr_expect_eq(lz_stats.regions_split, 0);
}

/* What is not resident in all of it may not be cut, nor moved. */
Test(region_bank, a_sparse_block_is_left_alone)
{
    struct lz_region *region = keep_part(64 * LZ_MIB, 64 * LZ_MIB, 63 * LZ_MIB);

    cr_expect_neq(make_region(20 * LZ_MIB), region);
    cr_expect_neq(make_region(100 * LZ_MIB), region);
    cr_expect_eq(lz_stats.regions_split + lz_stats.regions_joined, 0);
    cr_expect_eq(lz_pool_oldest, &region->entry, "and kept");
}

Test(region_bank, a_kept_block_that_changed_is_unmapped_instead)
{
    const size_t others[] = {20 * LZ_MIB, 100 * LZ_MIB};

    for (size_t i = 0; i < 2; i++) {
        struct lz_region *region = keep(64 * LZ_MIB);
        size_t unmaps = fake_os.unmaps;

        region->change = LZ_REGION_ALTERED;
        make_region(others[i]);
        cr_expect_eq(fake_os.unmaps, unmaps + 1, "%zu", i);
        cr_expect(lz_pool_is_empty(), "%zu", i);
    }
    cr_expect_eq(lz_stats.regions_split + lz_stats.regions_joined, 0);
}

/* Its pages behind the block would be lost to others for as long. */
Test(region_bank, a_block_of_the_class_above_gives_back_what_is_too_much)
{
    struct lz_region *region = keep(37 * LZ_MIB), *rest;

    cr_assert_eq(make_region(32 * LZ_MIB), region);
    rest = rest_of(region);
    cr_assert_not_null(rest);
    cr_expect_eq(region->entry.map_size, lz_region_need_for(32 * LZ_MIB));
    cr_expect_eq(lz_pool_oldest, &rest->entry);
    lz_region_release_all();
    region = keep(36 * LZ_MIB);
    cr_assert_eq(make_region(35 * LZ_MIB), region);
    cr_expect(lz_pool_is_empty(), "little is not worth it");
}

/* --- longer -------------------------------------------------------------- */

static struct lz_region *moved;

/* The exported mremap hears the library's own calls as well. */
static void
hear_move(void *from, size_t length, void *to, size_t to_length)
{
    (void)to;
    (void)to_length;
    /* The index has let go of the block by then. */
    moved->change = LZ_REGION_REMAPPED;
    cr_assert_eq(from, moved->entry.map);
    cr_assert_eq(length, lz_round_down(moved->high_water, GRANULE));
}

Test(region_bank, an_enlarged_block_is_as_a_new_one, NEEDS_LINUX)
{
    struct lz_region *region = keep(30 * LZ_MIB);
    const struct lz_history unknown = {.warm = true};

    memset(&region->history, 1, sizeof(region->history));
    fake_os.on_move = hear_move;
    moved = region;
    cr_assert_eq(make_region(80 * LZ_MIB), region);
    cr_expect_eq(lz_stats.regions_joined, 1);
    region->history.clean = false;
    cr_expect_eq(memcmp(&region->history, &unknown, sizeof(unknown)), 0);
    lz_region_change(lz_region_map_end(region) - 1, 1, LZ_REGION_ALTERED);
    cr_expect_eq(region->change, LZ_REGION_ALTERED, "listened to, to its end");
}

/* To move less than that share is not worth a mapping. */
Test(region_bank, a_block_is_enlarged_sixty_four_times_at_most, NEEDS_LINUX)
{
    struct lz_region *region = keep(2 * LZ_MIB);

    cr_expect_neq(make_region(256 * LZ_MIB), region);
    cr_expect_eq(make_region(64 * LZ_MIB), region);
}

Test(region_bank, what_cannot_be_enlarged_is_kept, NEEDS_LINUX)
{
    struct lz_region *region = keep(30 * LZ_MIB);

    is_tight = true;
    cr_expect_neq(make_region(80 * LZ_MIB), region);
    cr_expect_eq(lz_stats.regions_joined, 0);
    cr_expect_eq(lz_pool_oldest, &region->entry);
    is_tight = false;
    fake_os.move_error = ENOMEM;
    cr_expect_neq(make_region(80 * LZ_MIB), region);
    cr_expect_eq(lz_stats.regions_joined, 0);
    cr_expect_eq(lz_pool_oldest, &region->entry);
    cr_expect_eq(at(region, 0), region);
}

Test(region_bank, the_alignment_is_that_of_the_request, NEEDS_LINUX)
{
    const size_t sizes[] = {20 * LZ_MIB, 100 * LZ_MIB};

    for (size_t i = 0; i < 2; i++) {
        for (int turn = 0; turn < 9; turn++) {
            void *p;

            keep(64 * LZ_MIB);
            p = region_block(sizes[i], GRANULE, false);
            cr_expect_eq((uintptr_t)p % GRANULE, 0);
            lz_region_release_all();
        }
    }
    cr_expect_eq(lz_stats.regions_split, 9);
    cr_expect_eq(lz_stats.regions_joined, 9);
}
