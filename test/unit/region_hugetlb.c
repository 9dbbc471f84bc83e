/* SPDX-License-Identifier: MIT */
/*
 * Blocks in reserved huge pages, which are ordinary ones here, so that a test
 * has as many as it wants.
 */
#include "control/options.h"
#include "large/index.h"
#include "large/pool.h"
#include "os/kind.h"
#include "region_fixture.h"

WRAPPED(void *, lz_os_map_hugetlb, size_t length, size_t page);
WRAPPED(bool, lz_os_hugetlb_is_sure, size_t page);
WRAPPED(size_t, lz_os_hugetlb_free, size_t page);
WRAPPED(int, lz_os_populate, void *start, size_t length);
WRAPPED(size_t, lz_os_memory_free, void);

#define HUGE (2 * LZ_MIB)

static struct {
    bool refuse, is_unsure;
    int populate_error;
    size_t pool, memory; /* bytes that are free */
    size_t mapped, populated, page;
} fake;

void *
__wrap_lz_os_map_hugetlb(size_t length, size_t page)
{
    fake.page = page;
    if (fake.refuse)
        return NULL;
    fake.mapped += length;
    fake_os_count(length, 0);
    return __real_lz_os_map(length, page);
}

bool
__wrap_lz_os_hugetlb_is_sure(size_t page)
{
    (void)page;
    return !fake.is_unsure;
}

size_t
__wrap_lz_os_hugetlb_free(size_t page)
{
    (void)page;
    return fake.pool;
}

int
__wrap_lz_os_populate(void *start, size_t length)
{
    (void)start;
    fake.populated += length;
    return fake.populate_error;
}

size_t
__wrap_lz_os_memory_free(void)
{
    return fake.memory;
}

static void
start(void)
{
    region_start();
    memset(&fake, 0, sizeof(fake));
    fake.pool = fake.memory = SIZE_MAX;
    lz_options.hugepages = LZ_HUGEPAGES_HUGETLB;
}

TestSuite(region_hugetlb, .init = start);

/* Mapped for the block; 0: it is an ordinary one. */
static size_t
reserved_for(size_t n, size_t align)
{
    size_t before = fake.mapped;
    char *p = region_block(n, align, false);
    size_t mapped = fake.mapped - before;

    cr_assert_not_null(p);
    cr_expect_eq(lz_region_is_reserved(p + n / 2), mapped != 0);
    memset(p, 1, n);
    lz_region_free(lz_region_find(p));
    cr_expect_not(lz_region_is_reserved(p));
    lz_region_release_all();
    return mapped;
}

Test(region_hugetlb, which_blocks)
{
    cr_expect_eq(reserved_for(HUGE, 1), HUGE);
    cr_expect_eq(reserved_for(HUGE + 1, 1), 0);
    cr_expect_eq(reserved_for(16 * HUGE, 1), 16 * HUGE);
    cr_expect_eq(reserved_for(14 * HUGE + 1, 1), 15 * HUGE);
    cr_expect_eq(reserved_for(7 * HUGE - HUGE / 8, HUGE), 7 * HUGE);
    cr_expect_eq(reserved_for(7 * HUGE, 2 * HUGE), 0);
    cr_expect_eq(lz_stats.hugetlb_regions, 4);
    cr_expect_eq(lz_stats.hugetlb_refused, 0);
    lz_options.guard = true;
    cr_expect_eq(reserved_for(16 * HUGE, 1), 0);
    lz_options.guard = false;
    lz_options.hugepages = LZ_HUGEPAGES_AUTO;
    cr_expect_eq(reserved_for(16 * HUGE, 1), 0);
}

Test(region_hugetlb, which_pages)
{
    reserved_for(16 * HUGE, 1);
    cr_expect_eq(fake.page, HUGE);
    lz_options.hugepages = LZ_HUGEPAGES_HUGETLB_2M;
    reserved_for(16 * HUGE, 1);
    cr_expect_eq(fake.page, HUGE);
    lz_options.hugepages = LZ_HUGEPAGES_HUGETLB_1G;
    cr_expect_eq(reserved_for(16 * HUGE, 1), 0);
    fake.refuse = true;
    region_block(1000 * LZ_MIB, 1, false);
    cr_expect_eq(fake.page, 1024 * LZ_MIB);
}

Test(region_hugetlb, an_empty_pool_is_counted)
{
    char *p;

    fake.refuse = true;
    p = region_block(16 * HUGE, 1, true);
    cr_expect(all_bytes_are(p, 16 * HUGE, 0));
    cr_expect_not(lz_region_is_reserved(p));
    cr_expect_eq(lz_stats.hugetlb_refused, 1);
    cr_expect_eq(lz_stats.hugetlb_regions, 0);
}

Test(region_hugetlb, what_may_be_refused_later_is_populated)
{
    fake.is_unsure = true;
    cr_expect_eq(reserved_for(8 * HUGE, 1), 8 * HUGE);
    cr_expect_eq(fake.populated, 8 * HUGE);
    fake.populate_error = ENOMEM;
    fake_os.region_bytes = 0;
    region_block(8 * HUGE, 1, false);
    cr_expect_eq(lz_stats.hugetlb_refused, 1);
    /* The first mapping is gone; the block has another. */
    cr_expect_lt(fake_os.region_bytes, 16 * HUGE);
}

Test(region_hugetlb, is_never_kept)
{
    struct lz_region *region;

    for (int i = 0; i < 4; i++) {
        char *p = region_block(8 * HUGE, 1, true);

        cr_expect(all_bytes_are(p, 8 * HUGE, 0));
        memset(p, 1, 8 * HUGE);
        lz_region_free(lz_region_find(p));
        cr_expect_eq(lz_pool_resident(), 0);
        cr_expect(lz_pool_is_empty());
    }
    cr_expect_eq(lz_stats.regions_reused, 0);
    cr_expect_eq(lz_stats.hugetlb_regions, 4);
    region = make_region(8 * HUGE);
    cr_expect_eq(lz_region_capacity(region), 8 * HUGE);
    cr_expect_not(lz_region_is_reused(region));
}

/* In place, in whole huge pages; never by moving. */
Test(region_hugetlb, resizing)
{
    struct lz_region *region = make_region(8 * HUGE);
    unsigned char *p = lz_region_base(region);

    memset(p, 1, 8 * HUGE);
    cr_expect_null(lz_region_grow(region, 9 * HUGE, 1));
    cr_expect_not(lz_region_resize(region, 8 * HUGE + 1));
    cr_expect(lz_region_resize(region, 7 * HUGE));
    cr_expect_eq(lz_region_capacity(region), 8 * HUGE);
    cr_expect(lz_region_resize(region, 2 * HUGE + 1));
    cr_expect_eq(lz_region_capacity(region), 3 * HUGE);
    cr_expect(all_bytes_are(p, 2 * HUGE + 1, 1));
    cr_expect(lz_region_resize(region, 3 * HUGE));
    lz_region_zero_growth(region, (char *)p + 2 * HUGE + 1, HUGE - 1);
    cr_expect(all_bytes_are(p + 2 * HUGE + 1, HUGE - 1, 0));
    cr_expect_eq(fake_os.moves, 0);
    EXPECT_ERRNO_KEPT();
}

/* Its memset is libc's: it discards and looks at nothing. */
Test(region_hugetlb, is_written_in_full)
{
    char *p = region_block(8 * HUGE, 1, false);

    cr_expect_not(lz_region_memset(p, 8 * HUGE));
    cr_expect_not(lz_region_is_within(p, HUGE));
    cr_expect_eq(fake_os.discards, 0);
}

/* How many blocks were moved to ordinary memory. */
static size_t
replaced(void)
{
    size_t before = fake_os.moves;

    lz_region_hugetlb_fork();
    return fake_os.moves - before;
}

Test(region_hugetlb, a_fork_with_too_small_a_pool, NEEDS_LINUX)
{
    char *p = region_block(8 * HUGE, 1, false);
    char *q = region_block(4 * HUGE, 1, false);
    char *treated = region_block(4 * HUGE, 1, false);

    memset(p, 1, 8 * HUGE);
    memset(q + HUGE, 2, 1);
    lz_region_change(treated, 1, LZ_REGION_ALTERED);
    cr_expect_eq(replaced(), 0);
    fake.pool = 11 * HUGE;
    fake.memory = 12 * HUGE;
    cr_expect_eq(replaced(), 0); /* no memory for it */
    fake.memory = SIZE_MAX / 2;
    fake.pool = 12 * HUGE;
    cr_expect_eq(replaced(), 0);
    fake.pool = 11 * HUGE;
    cr_expect_eq(replaced(), 2);
    cr_expect(all_bytes_are(p, 8 * HUGE, 1));
    cr_expect(q[HUGE] == 2 && all_bytes_are(q, HUGE, 0));
    cr_expect_not(lz_region_is_reserved(p));
    cr_expect(lz_region_is_reserved(treated));
    cr_expect_eq(replaced(), 0); /* the second time */
    cr_expect(lz_region_resize(lz_region_find(p), 2 * HUGE));
    cr_expect(all_bytes_are(p, 2 * HUGE, 1));
    lz_region_free(lz_region_find(p));
    lz_region_free(lz_region_find(q));
    cr_expect(lz_pool_is_empty());
    EXPECT_ERRNO_KEPT();
}
