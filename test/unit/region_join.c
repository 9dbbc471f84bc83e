/* SPDX-License-Identifier: MIT */
/*
 * Several kept blocks become one: their bytes, what the record says of the
 * seams, what follows for zeros, and that nothing is lost when the system
 * refuses.
 */
#include <sys/mman.h>

#include "large/index.h"
#include "large/meta.h"
#include "large/pool.h"
#include "large/region_inside.h"
#include "large/zero.h"
#include "region_joined.h"

TestSuite(region_join, .init = joined_start);

Test(region_join, three_blocks_become_one, NEEDS_LINUX)
{
    struct lz_region *region = join_three();
    size_t end = region->entry.map_size;

    cr_expect_eq(fake.records, 1);
    cr_expect(lz_pool_is_empty());
    cr_expect_eq(region->seams.count, 2);
    cr_expect_eq(region->seams.at[0], PART / GRANULE);
    cr_expect_eq(region->seams.at[1], 2 * PART / GRANULE);
    for (int value = 1; value <= 3; value++)
        cr_expect_geq(count_bytes(region, value), PART - 3 * LZ_MIB, "%d",
                      value);
    for (size_t at = 0; at < end; at += GRANULE)
        cr_expect_eq(lz_index_get(region->entry.map + at), region, "%zu", at);
    cr_expect_eq(region->warm_end, 3 * PART);
    fill_pattern(region->base, region->usable, 5);
    cr_expect(has_pattern(region->base, region->usable, 5));
    cr_expect(lz_region_free(region));
    expect_nothing_left();
}

Test(region_join, of_a_longer_last_one_the_rest_is_kept, NEEDS_LINUX)
{
    struct lz_region *region;
    size_t before;

    keep_three();
    before = lz_pool_resident();
    region = make_region(2 * PART + PART / 2);
    cr_expect_eq(lz_stats.regions_joined, 1);
    cr_expect_eq(lz_stats.regions_split, 1);
    cr_expect_eq(region->warm_end, lz_region_need_for(region->usable));
    cr_expect_geq(lz_pool_resident() + region->warm_end + 64 * LZ_KIB, before);
    cr_expect(lz_region_free(region));
    expect_nothing_left();
}

Test(region_join, what_is_missing_is_fresh, NEEDS_LINUX)
{
    struct lz_region *region;
    char *fresh;

    keep_three();
    region = make_region(4 * PART);
    fresh = region->entry.map + region->warm_end;
    cr_expect_eq(region->warm_end, 3 * PART);
    /* The last mapping was made longer, which needs no seam. */
    cr_expect_eq(region->seams.count, 2);
    cr_expect(all_bytes_are(fresh, PART / 2, 0));
    memset(region->base, 4, region->usable);
    cr_expect(lz_region_free(region));
    expect_nothing_left();
}

/* A block of whole granules needs one more, for its stagger. */
Test(region_join, a_last_granule_of_which_little_is_needed_is_fresh,
     NEEDS_LINUX)
{
    struct lz_region *region;

    keep_three();
    region = make_region(GRANULE);
    cr_expect_eq(lz_stats.regions_joined, 1);
    cr_expect_eq(region->warm_end, GRANULE);
    cr_expect_geq(region->entry.map_size, 2 * GRANULE);
    cr_expect_leq(resident_pages(region->entry.map, region->entry.map_size),
                  (long)(GRANULE / lz_os_page_size()));
    fill_pattern(region->base, region->usable, 5);
    cr_expect(has_pattern(region->base, region->usable, 5));
    cr_expect(lz_region_free(region));
    expect_nothing_left();
}

/* What is left over of it is not worth a move. */
Test(region_join, a_last_granule_of_which_much_is_needed_is_not, NEEDS_LINUX)
{
    struct lz_region *region;

    keep_three();
    region = make_region(GRANULE / 4 * 15 + 1);
    cr_expect_eq(region->warm_end, 4 * GRANULE);
    cr_expect(lz_region_free(region));
    expect_nothing_left();
}

Test(region_join, it_is_reused_as_it_is, NEEDS_LINUX)
{
    struct lz_region *region = join_three();
    char *base = region->base;

    memset(base, 4, region->usable);
    cr_expect(lz_region_free(region));
    cr_expect_eq(make_region(3 * PART - GRANULE), region);
    cr_expect_eq(region->base, base);
    cr_expect_eq(fake_os.moves, 3);
    cr_expect_eq(region->seams.count, 2);
}

/* One mapping is a proof that it is as we made it. Three are none. */
Test(region_join, zeros_come_from_its_parts_or_from_the_system, NEEDS_LINUX)
{
    struct lz_region *region = join_three(), *zero;

    memset(region->base, 0xA5, region->usable);
    cr_expect(lz_region_free(region));
    zero = lz_region_allocate(3 * PART - GRANULE, 1, true);
    cr_assert_not_null(zero);
    cr_expect(all_bytes_are(zero->base, zero->usable, 0));
    cr_expect_eq(zero->seams.count, 0);
    cr_expect_eq(lz_pool_resident(), 3 * PART, "its parts are kept");
    for (int i = 0; i < 3; i++) {
        struct lz_region *part =
            lz_region_allocate(PART - 64 * LZ_KIB, 1, true);

        cr_expect(all_bytes_are(part->base, part->usable, 0), "%d", i);
        cr_expect_eq(lz_pool_resident(), (size_t)(2 - i) * PART);
        cr_expect(part->reused);
        cr_expect(part->unproved);
        cr_expect_not(lz_region_memset(part->base, part->usable));
        memset(part->base, 0xA5, part->usable);
    }
}

/* A freed calloc of which one page was used. */
static void
keep_sparse(size_t n)
{
    struct lz_region *region = lz_region_allocate(n, 1, true);

    region->base[n / 2] = 1;
    cr_assert(lz_region_free(region));
}

Test(region_join, a_sparse_block_between_them_is_passed_over, NEEDS_KERNEL)
{
    struct lz_region *region;

    keep_three();
    keep_sparse(2 * PART - 64 * LZ_KIB);
    region = make_region(3 * PART - GRANULE);
    cr_expect_eq(lz_stats.regions_joined, 1);
    cr_expect_eq(region->warm_end, 3 * PART);
    for (int value = 1; value <= 3; value++)
        cr_expect_geq(count_bytes(region, value), PART - 3 * LZ_MIB, "%d",
                      value);
    cr_expect_not(lz_pool_is_empty(), "the sparse one stays");
}

#if TEST_HAS_KERNEL
/* Nobody heard of it: the look before the join finds it. */
Test(region_join, a_changed_block_among_them_is_unmapped, NEEDS_KERNEL)
{
    struct lz_region *region = make_region(2 * PART - 64 * LZ_KIB);

    memset(region->base, 4, region->usable);
    keep_three();
    cr_assert_eq(madvise(region->entry.map + GRANULE, GRANULE, MADV_DONTFORK),
                 0);
    cr_assert(lz_region_free(region));
    region = make_region(3 * PART - GRANULE);
    cr_expect_eq(lz_stats.regions_joined, 1);
    cr_expect_eq(region->warm_end, 3 * PART);
    cr_expect_eq(count_bytes(region, 4), 0);
    cr_expect(lz_region_free(region));
    expect_nothing_left();
}
#endif

Test(region_join, however_many_are_sparse_all_are_kept, NEEDS_KERNEL)
{
    struct lz_region *sparse[20];

    for (int i = 0; i < 20; i++) {
        sparse[i] = lz_region_allocate(8 * LZ_MIB, 1, true);
        sparse[i]->base[0] = 1;
    }
    for (int i = 0; i < 20; i++)
        cr_assert(lz_region_free(sparse[i]));
    cr_expect(lz_region_free(make_region(PART)));
    cr_expect_eq(lz_stats.regions_joined, 0);
    cr_expect_eq(fake.records, 21);
    expect_nothing_left();
}

Test(region_join, malloc_prefers_pages_to_a_sparse_block_of_its_size,
     NEEDS_KERNEL)
{
    struct lz_region *region;

    keep_three();
    keep_sparse(8 * LZ_MIB);
    region = make_region(8 * LZ_MIB);
    cr_expect_eq(count_bytes(region, 1), region->usable);
}

Test(region_join, malloc_takes_the_sparse_one_where_there_is_no_other,
     NEEDS_KERNEL)
{
    struct lz_region *region;

    keep_sparse(32 * LZ_MIB);
    region = make_region(32 * LZ_MIB);
    cr_expect(region->reused);
    cr_expect(lz_pool_is_empty());
}

/* Their pages are written then, since they were joined. */
Test(region_join, a_calloc_whose_like_was_dense_gets_kept_pages, NEEDS_KERNEL)
{
    size_t n = 3 * PART - GRANULE;
    struct lz_region *region = lz_region_allocate(n, 1, true);

    memset(region->base, 0xA5, n);
    cr_assert(lz_region_free(region));
    lz_region_release_all();
    cr_expect(lz_region_demand_is_dense(n));
    keep_three();
    region = lz_region_allocate(n, 1, true);
    cr_expect_eq(lz_stats.regions_joined, 1);
    cr_expect(all_bytes_are(region->base, region->usable, 0));
}

Test(region_join, and_the_front_of_a_larger_one, NEEDS_KERNEL)
{
    struct lz_region *region = lz_region_allocate(20 * LZ_MIB, 1, true);

    memset(region->base, 0xA5, 20 * LZ_MIB);
    cr_assert(lz_region_free(region));
    lz_region_release_all();
    keep_three();
    region = lz_region_allocate(20 * LZ_MIB, 1, true);
    cr_expect(region->reused);
    cr_expect(all_bytes_are(region->base, region->usable, 0));
}

/* So many fresh callocs, of which all pages, or next to none, are used. */
static void
use_callocs(int first, int count, bool is_dense)
{
    for (int i = first; i < first + count; i++) {
        size_t n = (size_t)(20 + 8 * i) * LZ_MIB;
        struct lz_region *region = lz_region_allocate(n, 1, true);

        memset(region->base, 0xA5, is_dense ? n : 1);
        cr_assert(lz_region_free(region));
        lz_region_release_all();
    }
}

/* Two, and then a fresh one has to tell. */
Test(region_join, where_all_callocs_were_dense_others_get_kept_pages,
     NEEDS_KERNEL)
{
    size_t n = 3 * PART - GRANULE;

    use_callocs(0, 2, true);
    cr_expect_not(lz_region_demand_is_dense(n));
    use_callocs(2, 1, true);
    for (int i = 0; i < 3; i++) {
        struct lz_region *region;

        keep_three();
        region = lz_region_allocate(n, 1, true);
        cr_expect(all_bytes_are(region->base, region->usable, 0));
        cr_expect_eq(region->warm_end != 0, i < 2, "%d", i);
        lz_region_free(region);
        lz_region_release_all();
    }
}

Test(region_join, after_a_sparse_calloc_no_unknown_one_does, NEEDS_KERNEL)
{
    use_callocs(0, 3, true);
    use_callocs(3, 1, false);
    cr_expect_not(lz_region_demand_is_dense(3 * PART - GRANULE));
    cr_expect(lz_region_demand_is_dense(20 * LZ_MIB + 1),
              "what is known holds");
}

Test(region_join, now_and_then_a_fresh_one_tells_whether_that_holds,
     NEEDS_KERNEL)
{
    size_t n = 3 * PART - GRANULE;
    struct lz_region *region = lz_region_allocate(n, 1, true);

    memset(region->base, 0xA5, n);
    cr_assert(lz_region_free(region));
    lz_region_release_all();
    for (int i = 1; i <= 9; i++) {
        keep_three();
        region = lz_region_allocate(n, 1, true);
        cr_expect(all_bytes_are(region->base, region->usable, 0));
        cr_expect_eq(region->warm_end != 0, i < 9, "%d", i);
        cr_assert(lz_region_free(region));
        lz_region_release_all();
    }
}

/* The fresh end of one that was never used is no part. */
Test(region_join, an_untouched_end_is_unmapped_when_it_is_taken_apart,
     NEEDS_LINUX)
{
    struct lz_region *region = join_three();

    cr_assert(lz_region_free(region));
    cr_assert_eq(lz_pool_take_oldest(), &region->entry);
    region->high_water = PART + GRANULE;
    region->entry.resident = PART + GRANULE;
    lz_region_take_apart(region);
    cr_expect_eq(lz_pool_resident(), PART + GRANULE);
    expect_nothing_left();
}

Test(region_join, without_records_it_is_not_taken_apart_but_unmapped,
     NEEDS_LINUX)
{
    struct lz_region *region = join_three();

    cr_expect(lz_region_free(region));
    fake.refuse_records = true;
    cr_expect_null(lz_region_allocate(3 * PART - GRANULE, 1, true));
    cr_expect(lz_pool_is_empty());
    expect_nothing_left();
}

Test(region_join, a_memset_of_it_is_left_to_memset, NEEDS_LINUX)
{
    struct lz_region *region = join_three();

    cr_expect_not(lz_region_memset(region->base, region->usable));
}

Test(region_join, it_shrinks_and_its_slack_is_no_proof, NEEDS_LINUX)
{
    struct lz_region *region = join_three();

    fill_pattern(region->base, region->usable, 6);
    cr_expect(lz_region_resize(region, PART + PART / 4));
    cr_expect(has_pattern(region->base, PART + PART / 4, 6));
    cr_expect_eq(region->seams.count, 1);
    cr_expect_eq(region->change, LZ_REGION_UNCHANGED);
    cr_expect(lz_region_resize(region, PART / 4));
    cr_expect(has_pattern(region->base, PART / 4, 6));
    cr_expect_eq(region->seams.count, 0);
    cr_expect(region->unproved);
    cr_expect(lz_region_free(region));
    cr_expect_eq(lz_pool_oldest, &region->entry);
    expect_nothing_left();
}

Test(region_join, what_it_grows_by_is_zeroed_by_writing, NEEDS_LINUX)
{
    struct lz_region *region = join_three();

    memset(region->base, 0xA5, region->usable);
    cr_expect(lz_region_resize(region, 2 * PART + PART / 2));
    memset(region->base + region->usable, 0xA5, GRANULE);
    lz_region_zero_growth(region, region->base + PART, PART);
    cr_expect(all_bytes_are(region->base + PART, PART, 0));
    cr_expect(all_bytes_are(region->base, PART, 0xA5));
}

static char *target_end, *unmapped;

static void
note_move(void *from, size_t length, void *to, size_t to_length)
{
    (void)from;
    (void)length;
    target_end = (char *)to + to_length;
    fake_os.on_move = note_move;
}

static void
note_unmap(void *p, size_t length)
{
    (void)length;
    unmapped = p;
}

/* Each move in turn. What was moved before it, or not at all, stays kept. */
Test(region_join, a_move_that_is_refused_loses_one_part_at_most, NEEDS_LINUX)
{
    for (size_t refused = 1; refused <= 3; refused++) {
        struct lz_region *region;

        keep_three();
        fake_os.moves_left = refused;
        fake_os.move_error = ENOMEM;
        fake_os.on_move = note_move;
        fake_os.on_unmap = note_unmap;
        region = make_region(3 * PART - GRANULE);
        fake_os.move_error = 0;
        if (refused < 3)
            cr_expect_eq(unmapped, target_end, "what lies behind");
        cr_expect_eq(fake_os.moves_left, 0, "%zu", refused);
        cr_expect_eq(lz_stats.regions_joined, 0, "%zu", refused);
        cr_expect_eq(region->warm_end, 0, "%zu", refused);
        cr_expect_geq(lz_pool_resident(), 3 * (PART - GRANULE), "%zu", refused);
        cr_expect(all_bytes_are(region->base, region->usable, 0));
        fill_pattern(region->base, region->usable, 7);
        cr_expect(has_pattern(region->base, region->usable, 7));
        cr_expect(lz_region_free(region));
        expect_nothing_left();
    }
}

Test(region_join, a_piece_that_was_not_moved_is_found_again, NEEDS_LINUX)
{
    struct lz_region *region;

    keep_three();
    fake_os.moves_left = 1;
    fake_os.move_error = ENOMEM;
    cr_expect(lz_region_free(make_region(3 * PART - GRANULE)));
    fake_os.move_error = 0;
    for (int i = 0; i < 3; i++) {
        region = make_region(PART - 64 * LZ_KIB);
        cr_expect(region->reused);
        for (size_t at = 0; at < region->entry.map_size; at += GRANULE)
            cr_expect_eq(lz_index_get(region->entry.map + at), region, "%zu",
                         at);
    }
}

Test(region_join, a_system_that_cannot_move_is_asked_once, NEEDS_LINUX)
{
    keep_three();
    fake_os.moves_left = 1;
    fake_os.move_error = ENOSYS;
    cr_expect(lz_region_free(make_region(3 * PART - GRANULE)));
    fake_os.move_error = 0;
    cr_expect_eq(fake_os.moves, 1);
    lz_region_release_all();
    keep_three();
    cr_expect(lz_region_free(make_region(3 * PART - GRANULE)));
    cr_expect_eq(fake_os.moves, 1);
    expect_nothing_left();
}

/* A joined one as a piece: its parts are moved one by one. */
Test(region_join, a_part_of_a_piece_may_be_refused, NEEDS_LINUX)
{
    struct lz_region *region = join_three();

    memset(region->base, 8, region->usable);
    cr_assert(lz_region_free(region));
    fake_os.moves_left = 2;
    fake_os.move_error = ENOMEM;
    region = make_region(4 * PART);
    fake_os.move_error = 0;
    cr_expect_eq(region->warm_end, 0);
    cr_expect_eq(lz_pool_resident(), PART, "the part that was moved");
    cr_expect(lz_region_free(region));
    expect_nothing_left();
}

Test(region_join, joined_ones_are_joined, NEEDS_LINUX)
{
    struct lz_region *region = join_three();

    fill_pattern(region->base, region->usable, 9);
    cr_assert(lz_region_free(region));
    region = make_region(4 * PART);
    cr_expect_eq(region->seams.count, 2);
    cr_expect(has_pattern(region->base, 3 * PART - GRANULE, 9));
    memset(region->base, 1, region->usable);
    keep_three();
    cr_assert(lz_region_free(region));
    region = make_region(6 * PART);
    cr_expect_eq(region->seams.count, 5, "%u", region->seams.count);
    fill_pattern(region->base, region->usable, 10);
    cr_expect(has_pattern(region->base, region->usable, 10));
    cr_expect(lz_region_free(region));
    expect_nothing_left();
}

Test(region_join, a_front_takes_its_seams_along, NEEDS_LINUX)
{
    struct lz_region *region = join_three(), *rest;

    memset(region->base, 1, region->usable);
    cr_assert(lz_region_free(region));
    cr_assert_eq(make_region(PART + PART / 2), region);
    cr_expect_eq(region->seams.count, 1);
    cr_expect_eq(region->seams.at[0], PART / GRANULE);
    rest = lz_index_get(lz_region_map_end(region));
    cr_assert_not_null(rest);
    cr_expect_eq(rest->seams.count, 1);
    cr_expect_eq(region->entry.map_size + rest->seams.at[0] * GRANULE,
                 2 * PART);
    lz_region_free(region);
    expect_nothing_left();
}

Test(region_join, where_it_ends_at_a_seam_neither_has_one, NEEDS_LINUX)
{
    struct lz_region *region = join_three(), *rest;

    cr_assert(lz_region_free(region));
    cr_assert_eq(lz_pool_take_oldest(), &region->entry);
    cr_expect(lz_region_split(region, 2 * PART));
    cr_expect_eq(region->seams.count, 1);
    rest = lz_index_get(lz_region_map_end(region));
    cr_expect_eq(rest->seams.count, 0);
    lz_pool_put(&region->entry);
    expect_nothing_left();
}

Test(region_join, without_a_target_all_are_kept, NEEDS_LINUX)
{
    size_t before;

    keep_three();
    before = lz_pool_resident();
    fake_os.refuse = true;
    fake_os.refuse_from = LZ_MIB;
    cr_expect_null(lz_region_join(3 * PART, 3 * PART));
    cr_expect_eq(lz_pool_resident(), before);
    fake_os.refuse = false;
    fake.index_calls = 1;
    cr_expect_null(lz_region_join(3 * PART, 3 * PART));
    cr_expect_eq(fake.index_calls, 0);
    cr_expect_eq(fake.records, 3);
    cr_expect_eq(lz_stats.regions_joined, 0);
    expect_nothing_left();
}

Test(region_join, off_by_option, NEEDS_LINUX)
{
    keep_three();
    lz_options.join = false;
    make_region(3 * PART);
    cr_expect_eq(lz_stats.regions_joined, 0);
    cr_expect_eq(fake_os.moves, 0);
}

/* Each would be unmapped when it is freed. */
Test(region_join, off_where_changes_are_not_observed, NEEDS_LINUX)
{
    keep_three();
    lz_region_change_unobserved();
    make_region(3 * PART);
    cr_expect_eq(lz_stats.regions_joined, 0);
}

/* So many blocks were used in full, and are kept. */
static void
keep_written(struct lz_region **blocks, int count, size_t n)
{
    for (int i = 0; i < count; i++) {
        blocks[i] = make_region(n);
        memset(blocks[i]->base, 1, blocks[i]->usable);
    }
    for (int i = count; i > 0; i--)
        lz_region_free(blocks[i - 1]);
}

/* More pieces would be more mappings. */
Test(region_join, at_most_so_many_pieces, NEEDS_LINUX)
{
    enum { PIECES = 16, COUNT = PIECES + 4 };
    const size_t part = 4 * LZ_MIB;
    struct lz_region *blocks[COUNT];

    keep_written(blocks, COUNT, part - 64 * LZ_KIB);
    blocks[0] = make_region(COUNT * part);
    cr_expect_eq(blocks[0]->warm_end, PIECES * part);
    cr_expect_eq(blocks[0]->seams.count, PIECES - 1);
    cr_expect(lz_region_free(blocks[0]));
    expect_nothing_left();
}

/* As many as a record can say: then the search is over. */
Test(region_join, all_seams_are_used, NEEDS_LINUX)
{
    enum { FIRST = 16, SECOND = 15, COUNT = FIRST + SECOND + 1 };
    const size_t part = 4 * LZ_MIB;
    struct lz_region *blocks[COUNT];

    for (int i = 0; i < COUNT; i++) {
        blocks[i] = make_region(part - 64 * LZ_KIB);
        memset(blocks[i]->base, 1, blocks[i]->usable);
    }
    for (int i = COUNT - 1; i > 0; i--)
        lz_region_free(blocks[i]);
    blocks[1] = make_region(FIRST * part - GRANULE);
    cr_assert_eq(blocks[1]->seams.count, FIRST - 1);
    blocks[2] = make_region(SECOND * part - GRANULE);
    cr_assert_eq(blocks[2]->seams.count, SECOND - 1);
    for (int i = 2; i >= 0; i--) {
        memset(blocks[i]->base, 1, blocks[i]->usable);
        lz_region_free(blocks[i]);
    }
    blocks[0] = make_region((COUNT + 2) * part);
    cr_expect_eq(blocks[0]->warm_end, (FIRST + SECOND) * part);
    cr_expect(lz_region_free(blocks[0]));
    expect_nothing_left();
}

/* More seams than a record can say: three blocks of 16 parts each. */
Test(region_join, too_many_seams, NEEDS_LINUX)
{
    enum { WHOLE = 3, PARTS = 16, COUNT = WHOLE * PARTS };
    const size_t part = 4 * LZ_MIB;
    struct lz_region *blocks[COUNT];

    keep_written(blocks, COUNT, part - 64 * LZ_KIB);
    for (int i = 0; i < WHOLE; i++) {
        blocks[i] = make_region(PARTS * part - GRANULE);
        cr_expect_eq(blocks[i]->seams.count, PARTS - 1);
        memset(blocks[i]->base, 1, blocks[i]->usable);
    }
    for (int i = WHOLE; i > 0; i--)
        lz_region_free(blocks[i - 1]);
    blocks[0] = make_region(COUNT * part - GRANULE);
    cr_expect_eq(lz_stats.regions_joined, WHOLE + 1);
    cr_expect_gt(blocks[0]->seams.count, PARTS - 1);
    cr_expect_leq(blocks[0]->seams.count, LZ_REGION_SEAMS);
    fill_pattern(blocks[0]->base, blocks[0]->usable, 3);
    cr_expect(has_pattern(blocks[0]->base, blocks[0]->usable, 3));
    lz_region_free(blocks[0]);
    expect_nothing_left();
}

Test(region_join, erased_at_its_free, NEEDS_KERNEL)
{
    struct lz_region *region = join_three();

    lz_options.zero_on_free = true;
    memset(region->base, 0xA5, region->usable);
    cr_expect(lz_region_free(region));
    cr_expect_eq(lz_pool_oldest, &region->entry);
    cr_expect(lz_zero_is_zero(region->entry.map, region->high_water));
}

#if TEST_HAS_KERNEL
/* A guard marker, which nobody heard of: MADV_GUARD_INSTALL, Linux 6.13. */
Test(region_join, not_erased_where_a_page_ends_whoever_writes, NEEDS_KERNEL)
{
    struct lz_region *region = join_three();

    lz_options.zero_on_free = true;
    memset(region->base, 0xA5, region->usable);
    if (madvise(region->base + PART, lz_os_page_size(), 102) != 0)
        cr_skip_test("the kernel has no guard markers");
    cr_expect(lz_region_free(region));
    cr_expect(lz_pool_is_empty());
    expect_nothing_left();
}
#endif

Test(region_join, the_background_thread_leaves_it_to_the_next_zeroing,
     NEEDS_LINUX)
{
    struct lz_region *region = join_three();

    memset(region->base, 0xA5, region->usable);
    cr_expect(lz_region_free(region));
    cr_expect(lz_region_prepare());
    cr_expect_not(lz_region_prepare(), "once");
    cr_expect_eq(lz_pool_resident(), 3 * PART);
    region = lz_region_allocate(PART - 64 * LZ_KIB, 1, true);
    cr_expect(all_bytes_are(region->base, region->usable, 0));
}

/* The block that it was is longer than its front. */
Test(region_join, the_background_thread_cleans_a_front, NEEDS_LINUX)
{
    struct lz_region *region = make_region(3 * PART), *above;

    memset(region->base, 0xA5, region->usable);
    cr_assert(lz_region_free(region));
    cr_assert_eq(lz_pool_take_oldest(), &region->entry);
    cr_assert(lz_region_split(region, PART / 2));
    above = (struct lz_region *)lz_pool_take_oldest();
    lz_pool_put(&region->entry);
    cr_expect(lz_region_prepare());
    cr_expect(lz_zero_is_zero(region->entry.map, region->entry.map_size));
    cr_expect_eq((unsigned char)above->entry.map[0], 0xA5, "not beyond it");
}

/* --- who may have them (region_demand.c) -------------------------------- */

TestSuite(region_demand, .init = joined_reset);

Test(region_demand, a_stranger_gets_a_part)
{
    cr_expect_eq(lz_region_demand(128 * LZ_MIB), 128 * LZ_MIB);
    cr_expect_eq(lz_region_demand(130 * LZ_MIB), 64 * LZ_MIB);
}

Test(region_demand, one_that_was_seen_dense_gets_all)
{
    learn(200 * LZ_MIB, 0, 150 * LZ_MIB);
    cr_expect_eq(lz_region_demand(200 * LZ_MIB), 200 * LZ_MIB);
    cr_expect_eq(lz_region_demand(350 * LZ_MIB), 350 * LZ_MIB, "not much more");
    cr_expect_eq(lz_region_demand(352 * LZ_MIB), 64 * LZ_MIB);
}

Test(region_demand, four_times_that_if_it_is_there, NEEDS_LINUX)
{
    struct lz_region *part[2];

    learn(50 * LZ_MIB, 0, 50 * LZ_MIB);
    for (int i = 0; i < 2; i++) {
        part[i] = make_region(99 * LZ_MIB);
        memset(part[i]->base, 1, part[i]->usable);
    }
    lz_region_free(part[0]);
    cr_expect_eq(lz_region_demand(190 * LZ_MIB), 64 * LZ_MIB);
    lz_region_free(part[1]);
    cr_expect_eq(lz_region_demand(190 * LZ_MIB), 190 * LZ_MIB);
    cr_expect_eq(lz_region_demand(600 * LZ_MIB), 64 * LZ_MIB);
}

Test(region_demand, one_that_was_seen_sparse_is_a_stranger_again)
{
    learn(400 * LZ_MIB, 0, 400 * LZ_MIB);
    learn(300 * LZ_MIB, 0, 10 * LZ_MIB);
    cr_expect_eq(lz_region_demand(299 * LZ_MIB), 299 * LZ_MIB);
    cr_expect_eq(lz_region_demand(300 * LZ_MIB), 64 * LZ_MIB);
    cr_expect_eq(lz_region_demand(400 * LZ_MIB), 64 * LZ_MIB);
    learn(300 * LZ_MIB, 0, 300 * LZ_MIB);
    cr_expect_eq(lz_region_demand(400 * LZ_MIB), 400 * LZ_MIB);
}

/* Of one that began with kept pages, only the others tell. */
Test(region_demand, kept_pages_are_no_evidence)
{
    learn(400 * LZ_MIB, 300 * LZ_MIB, 300 * LZ_MIB);
    cr_expect_eq(lz_region_demand(300 * LZ_MIB), 64 * LZ_MIB);
    learn(400 * LZ_MIB, 300 * LZ_MIB, 400 * LZ_MIB);
    cr_expect_eq(lz_region_demand(300 * LZ_MIB), 300 * LZ_MIB);
    learn(400 * LZ_MIB, 390 * LZ_MIB, 390 * LZ_MIB);
    cr_expect_eq(lz_region_demand(300 * LZ_MIB), 300 * LZ_MIB, "too few");
}

/* What a calloc leaves untouched says nothing of malloc. */
Test(region_demand, nor_are_zeroed_blocks)
{
    const struct lz_region region = {.entry = {.map_size = 200 * LZ_MIB},
                                     .high_water = 200 * LZ_MIB,
                                     .zeroed = true};

    lz_region_demand_learn(&region, 200 * LZ_MIB);
    cr_expect_eq(lz_region_demand(200 * LZ_MIB), 64 * LZ_MIB);
}

static void
learn_calloc(size_t size, size_t warm, size_t populated)
{
    const struct lz_region region = {.entry = {.map_size = size},
                                     .high_water = size,
                                     .warm_end = warm,
                                     .zeroed = true};

    lz_region_demand_learn(&region, populated);
}

Test(region_demand, the_last_fresh_calloc_of_a_class_tells)
{
    size_t size = 64 * LZ_MIB, other = lz_pool_class_size(size + 1);

    cr_expect_not(lz_region_demand_is_dense(size));
    learn_calloc(size, 0, size / 2 + 1);
    cr_expect(lz_region_demand_is_dense(size));
    cr_expect_not(lz_region_demand_is_dense(other));
    learn_calloc(size, size, 0);
    cr_expect(lz_region_demand_is_dense(size), "it began with kept pages");
    learn_calloc(size, 0, size / 2);
    cr_expect_not(lz_region_demand_is_dense(size));
}

Test(region_demand, a_small_calloc_tells_nothing)
{
    learn_calloc(14 * LZ_MIB, 0, 14 * LZ_MIB - 1);
    cr_expect_not(lz_region_demand_is_dense(14 * LZ_MIB));
}
