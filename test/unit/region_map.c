/* SPDX-License-Identifier: MIT */
/*
 * How long the mapping of a block is where the address space of the process is
 * limited, or the system refuses: no longer than it has to be, and not kept.
 */
#include "large/index.h"
#include "large/pool.h"
#include "large/region_inside.h"
#include "region_fixture.h"

#define GRANULE LZ_INDEX_GRANULE

/* Its size class is longer than what it needs. */
#define SIZE (33 * LZ_MIB)

WRAPPED(int, lz_index_set_span, const void *start, size_t length, void *owner);
WRAPPED(enum lz_os_space, lz_os_space_for, size_t more);
WRAPPED(int, lz_os_extend, void *start, size_t length, size_t longer);
WRAPPED(uint64_t, lz_os_now, void);

static struct {
    enum lz_os_space space;
    size_t asked; /* about space */
    size_t more;  /* the last question's */
    uint64_t now;
    size_t extended;      /* how often it was tried */
    size_t extend_lacks;  /* so many tries fail before */
    size_t longer;        /* what the last try asked for */
    size_t refused_index; /* the call with an owner that fails; 0: none */
} fake;

int
__wrap_lz_index_set_span(const void *start, size_t length, void *owner)
{
    if (fake.refused_index != 0 && owner != NULL && --fake.refused_index == 0)
        return ENOMEM;
    return __real_lz_index_set_span(start, length, owner);
}

enum lz_os_space
__wrap_lz_os_space_for(size_t more)
{
    fake.more = more;
    fake.asked++;
    return fake.space;
}

uint64_t
__wrap_lz_os_now(void)
{
    return fake.now;
}

/* Whoever writes behind the old end finds nothing there. */
int
__wrap_lz_os_extend(void *start, size_t length, size_t longer)
{
    (void)start;
    cr_assert_gt(longer, length);
    fake.longer = longer;
    return fake.extended++ < fake.extend_lacks ? ENOMEM : 0;
}

static void
reset(void)
{
    fake.now = 1000;
    region_start();
    lz_region_change_observed();
    memset(&fake, 0, sizeof(fake));
    fake.now = 1001;
    fake.space = LZ_OS_SPACE_FREE;
}

TestSuite(region_map, .init = reset);

/* For this block where it is: behind it a page of slack, then whole granules.
 */
static size_t
least_for(const struct lz_region *region)
{
    return lz_round_up(lz_region_end_offset(region) + lz_os_page_size(),
                       GRANULE);
}

/* Its first granule is no other block's. */
Test(region_map, a_mapping_begins_a_granule)
{
    for (size_t align = 1; align <= 16 * GRANULE; align *= 2) {
        cr_assert_not_null(lz_region_map(4 * GRANULE, align));
        cr_expect_eq(fake_os.align, align < GRANULE ? GRANULE : align);
    }
}

Test(region_map, a_size_class_where_there_is_room)
{
    struct lz_region *region = make_region(SIZE);

    cr_expect_eq(region->entry.map_size, lz_region_map_size_for(SIZE));
    cr_expect_gt(region->entry.map_size, least_for(region));
    cr_expect(lz_region_free(region));
    cr_expect_not(lz_pool_is_empty());
}

Test(region_map, where_space_is_tight_no_more_than_is_needed)
{
    struct lz_region *region;

    fake.space = LZ_OS_SPACE_TIGHT;
    region = make_region(SIZE);
    cr_expect_eq(region->entry.map_size, least_for(region));
    fake.space = LZ_OS_SPACE_FREE;
    cr_expect(lz_region_free(region));
    cr_expect(lz_pool_is_empty(), "nobody would find it by its class");
}

Test(region_map, a_class_that_is_refused_is_asked_for_as_less)
{
    struct lz_region *region;

    fake_os.refuse = true;
    fake_os.refuse_from = lz_region_map_size_for(SIZE);
    region = make_region(SIZE);
    cr_expect_eq(region->entry.map_size, least_for(region));
    cr_expect(lz_region_free(region));
    cr_expect(lz_pool_is_empty());
}

Test(region_map, where_space_is_tight_nothing_is_kept)
{
    struct lz_region *early = make_region(5 * LZ_MIB),
                     *late = make_region(9 * LZ_MIB);

    cr_expect(lz_region_free(early));
    cr_expect_not(lz_pool_is_empty());
    fake.now++;
    fake.space = LZ_OS_SPACE_TIGHT;
    cr_expect(lz_region_free(late));
    cr_expect(lz_pool_is_empty(), "what was kept goes as well");
    cr_expect_eq(fake_os.region_bytes, 0);
}

static size_t
questions_of_two_frees(enum lz_os_space space, uint64_t pause)
{
    struct lz_region *first = make_region(5 * LZ_MIB),
                     *second = make_region(9 * LZ_MIB);

    fake.space = space;
    fake.asked = 0;
    fake.now++;
    cr_expect(lz_region_free(first));
    fake.now += pause;
    cr_expect(lz_region_free(second));
    cr_expect_eq(lz_pool_oldest, &first->entry);
    cr_expect_eq(first->entry.newer, &second->entry, "both are kept");
    lz_region_release_all();
    return fake.asked;
}

/* An answer holds for a tick of the clock, unless there is a limit. */
Test(region_map, a_free_asks_about_space_now_and_then)
{
    cr_expect_eq(questions_of_two_frees(LZ_OS_SPACE_FREE, 0), 1);
    cr_expect_eq(questions_of_two_frees(LZ_OS_SPACE_FREE, 1), 2);
    cr_expect_eq(questions_of_two_frees(LZ_OS_SPACE_LIMITED, 0), 2);
}

/* --- growing without a second mapping ------------------------------------ */

/* From now on the system gives no other place. */
static struct lz_region *
alone(void)
{
    struct lz_region *region = make_region(SIZE);

    fake_os.refuse = true;
    fake_os.refuse_from = GRANULE;
    fake.extended = 0;
    return region;
}

Test(region_map, it_grows_where_it_is_to_its_class)
{
    struct lz_region *region = alone();
    size_t before = region->entry.map_size;
    char *p = region->base;

    cr_expect_eq(lz_region_grow(region, 3 * SIZE, 1), p);
    cr_expect_eq(fake.more, lz_region_map_size_for(3 * SIZE) - before);
    cr_expect_eq(fake.extended, 1);
    cr_expect_eq(fake.longer, lz_region_map_size_for(3 * SIZE));
    cr_expect_eq(region->entry.map_size, fake.longer);
    cr_expect_eq(lz_index_get(lz_region_map_end(region) - 1), region);
    cr_expect_not(region->tight);
}

Test(region_map, it_grows_by_what_it_needs_where_there_is_no_more)
{
    for (int tight = 0; tight <= 1; tight++) {
        struct lz_region *region = alone();

        fake.extend_lacks = !tight;
        fake.space = tight ? LZ_OS_SPACE_TIGHT : LZ_OS_SPACE_FREE;
        cr_expect_eq(lz_region_grow(region, 3 * SIZE, 1), region->base);
        cr_expect_eq(fake.extended, tight ? 1 : 2);
        cr_expect_eq(region->entry.map_size, least_for(region));
        cr_expect(region->tight);
        fake_os.refuse = false;
        fake.space = LZ_OS_SPACE_FREE;
    }
}

static char *unmapped;
static size_t unmapped_length;

static void
note_unmapped(void *start, size_t length)
{
    unmapped = start;
    unmapped_length = length;
}

/* The index knows no more than there is, and what was added is gone. */
Test(region_map, growth_that_the_index_cannot_note_is_undone)
{
    struct lz_region *region = alone();
    size_t before = region->entry.map_size, unmaps = fake_os.unmaps;

    /* The class is not to be had. What is needed is, as if: unmap nothing. */
    fake.extend_lacks = 1;
    fake_os.unmap_error = EINVAL;
    fake.refused_index = 1;
    fake_os.on_unmap = note_unmapped;
    cr_expect_null(lz_region_grow(region, 3 * SIZE, 1));
    cr_expect_eq(fake_os.unmaps, unmaps + 1);
    cr_expect_eq(unmapped, region->entry.map + before);
    cr_expect_eq(unmapped_length, fake.longer - before);
    cr_expect_eq(region->entry.map_size, before);
    cr_expect_eq(lz_index_get(lz_region_map_end(region) - 1), region);
}
