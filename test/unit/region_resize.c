/* SPDX-License-Identifier: MIT */
/* Resizing of regions: in place, and by moving page tables. */
#include "control/stats.h"
#include "large/index.h"
#include "large/pool.h"
#include "large/region_inside.h"
#include "region_fixture.h"

#define GRANULE LZ_INDEX_GRANULE
#define STAGGER_SPAN (8 * lz_os_page_size())

WRAPPED(int, lz_index_set_span, const void *start, size_t length, void *owner);

static int index_error;
static size_t index_known; /* a span of that length was set before */

int
__wrap_lz_index_set_span(const void *start, size_t length, void *owner)
{
    if (index_error != 0 && owner != NULL && length != index_known)
        return index_error;
    return __real_lz_index_set_span(start, length, owner);
}

static void
reset(void)
{
    void *p = region_block(1, 1, false);

    lz_region_free(lz_region_find(p));
    lz_region_release_all();
    memset(&lz_stats, 0, sizeof(lz_stats));
    fake_os_reset();
    errno = ERRNO_MARK;
}

TestSuite(region_resize, .init = reset);

/* Nothing that was freed is mapped any longer. */
static void
expect_no_leak(void)
{
    lz_region_release_all();
    cr_expect_eq(fake_os.region_bytes, 0);
}

/* A block of n bytes, all of them written. */
static struct lz_region *
make(size_t n, size_t align, char **p)
{
    *p = region_block(n, align, false);
    cr_assert_not_null(*p);
    fill_pattern(*p, n, 1);
    errno = ERRNO_MARK;
    return lz_region_find(*p);
}

Test(region_resize, within_the_capacity_nothing_moves)
{
    char *p;
    struct lz_region *region = make(20 * LZ_MIB, 1, &p);
    size_t capacity = lz_region_capacity(region), page = lz_os_page_size();

    for (size_t n = 20 * LZ_MIB + 1; n < capacity; n += 100 * page + 1) {
        cr_expect(lz_region_resize(region, n));
        cr_expect_eq(lz_region_usable(region), lz_round_up(n, page));
    }
    cr_expect(lz_region_resize(region, capacity));
    EXPECT_ERRNO_KEPT();
    cr_expect_eq(lz_region_usable(region), capacity);
    cr_expect_eq(lz_region_capacity(region), capacity);
    memset(p + 20 * LZ_MIB, 1, capacity - 20 * LZ_MIB);
    cr_expect(has_pattern(p, 20 * LZ_MIB, 1));
    cr_expect_eq(lz_region_find(p), region);
}

Test(region_resize, beyond_the_capacity_nothing_changes)
{
    char *p;
    struct lz_region *region = make(4 * LZ_MIB, 1, &p);
    size_t capacity = lz_region_capacity(region);

    cr_expect_not(lz_region_resize(region, capacity + 1));
    cr_expect_not(lz_region_resize(region, LZ_SIZE_LIMIT));
    cr_expect_not(lz_region_resize(region, SIZE_MAX));
    EXPECT_ERRNO_KEPT();
    cr_expect_eq(lz_region_usable(region), 4 * LZ_MIB);
    cr_expect_eq(lz_region_capacity(region), capacity);
    cr_expect(has_pattern(p, 4 * LZ_MIB, 1));
}

Test(region_resize, a_small_shrink_keeps_the_mapping)
{
    char *p;
    struct lz_region *region = make(32 * LZ_MIB, 1, &p);
    size_t capacity = lz_region_capacity(region);

    cr_expect(lz_region_resize(region, 16 * LZ_MIB));
    cr_expect_eq(lz_region_usable(region), 16 * LZ_MIB);
    cr_expect_eq(lz_region_capacity(region), capacity);
    cr_expect_eq(fake_os.unmaps + fake_os.discards, 0);
    cr_expect(has_pattern(p, 16 * LZ_MIB, 1));
}

/* Shrinks 64 MiB to n; nothing beyond n may stay resident or mapped. */
static void
expect_tail_released(size_t n)
{
    char *p;
    struct lz_region *region = make(64 * LZ_MIB, 1, &p);
    char *map = map_of(p);
    size_t old_size = map_size_of(p), size, usable;

    cr_expect(lz_region_resize(region, n));
    EXPECT_ERRNO_KEPT();
    usable = lz_region_usable(region);
    size = map_size_of(p);
    cr_expect_eq(usable, lz_round_up(n, lz_os_page_size()));
    cr_expect_lt(size, old_size);
    cr_expect_eq(resident_pages(map + size, old_size - size), -1);
    if (lz_region_capacity(region) > usable)
        cr_expect_eq(
            resident_pages(p + usable, lz_region_capacity(region) - usable), 0,
            "%zu", n);
    cr_expect(has_pattern(p, n, 1));
    cr_expect(lz_region_free(lz_region_find(p)));
    expect_no_leak();
}

Test(region_resize, a_shrink_below_half_releases_the_tail, NEEDS_LINUX)
{
    expect_tail_released(31 * LZ_MIB);
    expect_tail_released(20 * LZ_MIB + 1);
    expect_tail_released(5 * LZ_MIB - 1);
    expect_tail_released(GRANULE);
    expect_tail_released(LZ_MIB);
    expect_tail_released(4097);
    expect_tail_released(1);
}

Test(region_resize, a_tail_that_cannot_be_cut_off_loses_its_pages, NEEDS_LINUX)
{
    char *p;
    struct lz_region *region = make(64 * LZ_MIB, 1, &p);
    size_t capacity = lz_region_capacity(region);

    fake_os.unmap_error = ENOMEM;
    cr_expect(lz_region_resize(region, 3 * LZ_MIB));
    EXPECT_ERRNO_KEPT();
    cr_expect_eq(lz_region_capacity(region), capacity);
    cr_expect_eq(resident_pages(p + 3 * LZ_MIB, capacity - 3 * LZ_MIB), 0);
    cr_expect(has_pattern(p, 3 * LZ_MIB, 1));
    cr_expect(lz_region_resize(region, 64 * LZ_MIB));
    memset(p, 1, 64 * LZ_MIB);
}

Test(region_resize, a_shrunk_region_can_grow_again, NEEDS_LINUX)
{
    char *p;
    struct lz_region *region = make(64 * LZ_MIB, 1, &p);

    cr_expect(lz_region_resize(region, 100));
    cr_expect_not(lz_region_resize(region, 64 * LZ_MIB));
    p = lz_region_grow(region, 64 * LZ_MIB, 1);
    cr_assert_not_null(p);
    cr_expect(has_pattern(p, 100, 1));
    memset(p, 2, 64 * LZ_MIB);
    cr_expect(lz_region_free(lz_region_find(p)));
    expect_no_leak();
}

Test(region_resize, many_steps_down_and_up_in_place)
{
    char *p;
    struct lz_region *region = make(100 * LZ_MIB, 1, &p);

    for (size_t n = 100 * LZ_MIB; n > 1; n = n * 2 / 5) {
        size_t capacity;

        cr_assert(lz_region_resize(region, n));
        cr_assert(has_pattern(p, n, 1));
        capacity = lz_region_capacity(region);
        cr_assert(lz_region_resize(region, capacity));
        memset(p + n, 3, capacity - n);
        cr_assert_eq(lz_region_find(p), region);
    }
}

/* Grows from n to m: same contents, new place, the index follows. */
static void
expect_growth(size_t n, size_t m, size_t align)
{
    char *old, *p;
    struct lz_region *region = make(n, align, &old);
    size_t old_size = map_size_of(old);

    p = lz_region_grow(region, m, align);
    EXPECT_ERRNO_KEPT();
    cr_assert_not_null(p);
    cr_expect_eq((uintptr_t)p & (align - 1), 0);
    cr_expect_eq((uintptr_t)p & lz_region_tag_mask(), 0);
    cr_expect_eq(lz_region_find(p), region);
    cr_expect_null(lz_region_find(old));
    cr_expect_eq(lz_region_usable(region), lz_region_usable_for(m));
    cr_expect_geq(lz_region_capacity(region), m);
    cr_expect(has_pattern(p, n, 1));
    cr_expect(
        all_bytes_are(p + lz_region_usable_for(n),
                      lz_region_capacity(region) - lz_region_usable_for(n), 0));
    cr_expect_eq(resident_pages(map_of(old), old_size), -1);
    memset(p, 2, lz_region_usable(region));
    cr_expect(lz_region_free(lz_region_find(p)));
    expect_no_leak();
}

Test(region_resize, growing_moves_contents_and_the_index_follows, NEEDS_LINUX)
{
    expect_growth(1, 3 * LZ_MIB, 1);
    expect_growth(LZ_MIB, 2 * LZ_MIB + 1, 1);
    expect_growth(5 * LZ_MIB + 1, 100 * LZ_MIB, 1);
    expect_growth(40 * LZ_MIB, 45 * LZ_MIB + 1, 1);
    expect_growth(4 * LZ_MIB, 80 * LZ_MIB, 64 * LZ_KIB);
    expect_growth(4 * LZ_MIB, 80 * LZ_MIB, 64 * LZ_MIB);
    cr_expect_eq(lz_stats.resized_by_move, 6);
}

Test(region_resize, growing_needs_no_more_memory_than_is_touched, NEEDS_LINUX)
{
    char *p;
    struct lz_region *region = make(4 * LZ_MIB, 1, &p);
    long before = resident_pages(map_of(p), map_size_of(p));

    p = lz_region_grow(region, 1024 * LZ_MIB, 1);
    cr_assert_not_null(p);
    cr_expect_eq(resident_pages(map_of(p), map_size_of(p)), before);
}

Test(region_resize, growing_to_another_alignment, NEEDS_LINUX)
{
    char *p;
    struct lz_region *region = make(3 * LZ_MIB, STAGGER_SPAN, &p);

    p = lz_region_grow(region, 9 * LZ_MIB, 32 * LZ_MIB);
    cr_assert_not_null(p);
    cr_expect_eq((uintptr_t)p % (32 * LZ_MIB), 0);
    cr_expect(has_pattern(p, 3 * LZ_MIB, 1));
}

static void *target;

static void
note_target(void *from, size_t length, void *to, size_t to_length)
{
    (void)from;
    (void)length;
    (void)to_length;
    target = to;
}

/*
 * Whatever fails: the old block is there, whole, and known to the index, which
 * knows nothing where it would have gone.
 */
static void
expect_no_growth(size_t m, size_t align)
{
    char *p;
    struct lz_region *region = make(3 * LZ_MIB, 1, &p);
    size_t capacity = lz_region_capacity(region);
    size_t mapped = fake_os.region_bytes;

    target = NULL;
    fake_os.on_move = note_target;
    cr_expect_null(lz_region_grow(region, m, align));
    EXPECT_ERRNO_KEPT();
    cr_expect_null(lz_index_get(target));
    cr_expect_eq(lz_region_find(p), region);
    cr_expect_eq(lz_region_usable(region), 3 * LZ_MIB);
    cr_expect_eq(lz_region_capacity(region), capacity);
    cr_expect(has_pattern(p, 3 * LZ_MIB, 1));
    cr_expect_eq(fake_os.region_bytes, mapped, "a mapping leaked");
    cr_expect(lz_region_free(region));
    cr_expect_eq(lz_stats.resized_by_move, 0);
}

Test(region_resize, a_move_that_fails_leaves_the_old_block, NEEDS_KERNEL)
{
    static const int errors[] = {EFAULT, ENOMEM, EPERM, ENOSYS, EAGAIN, EINVAL};

    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
        fake_os.move_error = errors[i];
        expect_no_growth(20 * LZ_MIB, 1);
    }
    cr_expect_eq(fake_os.moves, sizeof(errors) / sizeof(errors[0]));
}

Test(region_resize, a_target_that_is_refused_leaves_the_old_block, NEEDS_KERNEL)
{
    fake_os.refuse = true;
    fake_os.refuse_from = 20 * LZ_MIB;
    expect_no_growth(20 * LZ_MIB, 1);
    cr_expect_eq(fake_os.moves, 0);
}

/* No room for two: the index follows the block to where it went. */
Test(region_resize, without_a_target_the_block_moves_to_anywhere, NEEDS_KERNEL)
{
    char *p, *q;
    struct lz_region *region = make(131 * LZ_MIB, 1, &p);

    fake_os.refuse = fake_os.moves_anywhere = true;
    fake_os.refuse_from = LZ_INDEX_GRANULE;
    q = lz_region_grow(region, 300 * LZ_MIB, 1);
    EXPECT_ERRNO_KEPT();
    cr_assert_not_null(q);
    cr_expect_eq(lz_region_find(q), region);
    cr_expect_eq((uintptr_t)q & lz_region_tag_mask(), 0);
    cr_expect_geq(lz_region_usable(region), 300 * LZ_MIB);
    if (q != p)
        cr_expect_null(lz_index_get(p));
    cr_expect(has_pattern(q, 131 * LZ_MIB, 1));
    cr_expect_eq(q[300 * LZ_MIB - 1], 0);
    cr_expect(lz_region_free(region));
}

Test(region_resize, impossible_sizes_leave_the_old_block)
{
    expect_no_growth(LZ_SIZE_LIMIT, 1);
    expect_no_growth(LZ_SIZE_LIMIT + 1, 1);
    expect_no_growth(SIZE_MAX, 1);
    expect_no_growth(SIZE_MAX - 4095, 1);
}

Test(region_resize, a_stagger_that_does_not_fit_leaves_the_old_block)
{
    char *p;

    (void)make(LZ_MIB, 1, &p); /* the next one is staggered */
    expect_no_growth(20 * LZ_MIB, STAGGER_SPAN);
    cr_expect_eq(fake_os.moves, 0);
}

static void
refuse_index(void)
{
    index_error = ENOMEM;
}

Test(region_resize, an_index_slot_that_is_refused_leaves_the_old_block,
     NEEDS_KERNEL)
{
    char *p;
    struct lz_region *region = make(3 * LZ_MIB, 1, &p);
    size_t mapped = fake_os.region_bytes;

    index_known = lz_region_map_size_for(3 * LZ_MIB);
    fake_os.on_map = refuse_index;
    cr_expect_null(lz_region_grow(region, 20 * LZ_MIB, 1));
    EXPECT_ERRNO_KEPT();
    cr_expect_eq(fake_os.moves, 0);
    cr_expect_eq(fake_os.region_bytes, mapped);
    cr_expect_eq(lz_region_find(p), region);
    cr_expect(has_pattern(p, 3 * LZ_MIB, 1));
}

/* Less than a whole leaf of the index may need one that is not there. */
Test(region_resize, an_index_slot_that_is_refused_leaves_the_mapping_as_long)
{
    char *p;
    struct lz_region *region = make(20 * LZ_MIB, 1, &p);
    size_t mapped = fake_os.region_bytes;

    index_known = lz_region_map_size_for(20 * LZ_MIB);
    refuse_index();
    cr_expect(lz_region_resize(region, 3 * LZ_MIB));
    EXPECT_ERRNO_KEPT();
    cr_expect_eq(fake_os.region_bytes, mapped);
    cr_expect_eq(lz_region_find(p), region);
    cr_expect(has_pattern(p, 3 * LZ_MIB, 1));
    index_error = 0;
    cr_expect(lz_region_free(region));
}

/* A real failure: the program has split the mapping by mprotect. */
Test(region_resize, a_split_mapping_stays_where_it_is, NEEDS_POSIX)
{
    char *p;
    struct lz_region *region = make(8 * LZ_MIB, 1, &p);

    cr_assert_eq(mprotect(p + LZ_MIB, lz_os_page_size(), PROT_READ), 0);
    errno = ERRNO_MARK;
    cr_expect_null(lz_region_grow(region, 50 * LZ_MIB, 1));
    EXPECT_ERRNO_KEPT();
    cr_expect_eq(lz_region_find(p), region);
    cr_expect(has_pattern(p, 8 * LZ_MIB, 1));
    cr_expect(lz_region_free(region));
}

static void
look_while_moving(void *from, size_t length, void *to, size_t to_length)
{
    cr_expect_eq(length, lz_region_map_size_for(3 * LZ_MIB));
    cr_expect_geq(to_length, 20 * LZ_MIB);
    cr_expect_null(lz_index_get(from), "the next owner's slot");
    cr_expect_null(lz_index_get(to), "a move that fails gives it away");
}

Test(region_resize, while_pages_move_neither_place_is_known, NEEDS_LINUX)
{
    char *p;
    struct lz_region *region = make(3 * LZ_MIB, 1, &p);

    fake_os.on_move = look_while_moving;
    cr_expect_not_null(lz_region_grow(region, 20 * LZ_MIB, 1));
    cr_expect_eq(fake_os.moves, 1);
}

Test(region_resize, statistics, NEEDS_LINUX)
{
    char *p;
    struct lz_region *region = make(3 * LZ_MIB, 1, &p);

    lz_region_resize(region, 2 * LZ_MIB);
    lz_region_resize(region, 3 * LZ_MIB);
    lz_region_resize(region, 300 * LZ_MIB);
    cr_expect_eq(lz_stats.resized_in_place, 2);
    lz_region_grow(region, 300 * LZ_MIB, 1);
    cr_expect_eq(lz_stats.resized_by_move, 1);
    cr_expect_eq(lz_stats.regions_allocated, 1);
    cr_expect_eq(lz_stats.regions_freed, 0);
}
