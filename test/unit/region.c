/* SPDX-License-Identifier: MIT */
/*
 * Allocation, lookup and free. Resizing is in region_resize.c, what happens to
 * freed regions in region_pool.c.
 */
#include "large/region.h"

#include <sched.h>

#include "control/options.h"
#include "control/stats.h"
#include "large/index.h"
#include "large/meta.h"
#include "large/pool.h"
#include "region_fixture.h"

#define GRANULE LZ_INDEX_GRANULE

/* With 32 bits there are 3 GiB of addresses, or less. */
#define MOST ((IS_WIDE ? 2048 : 128) * LZ_MIB)

WRAPPED(int, lz_index_set_span, const void *start, size_t length, void *owner);
WRAPPED(void *, lz_meta_acquire, void);
WRAPPED(void, lz_meta_release, void *record);

static struct {
    int index_error;
    bool refuse_records;
    int records; /* acquired and not released */
} fake;

int
__wrap_lz_index_set_span(const void *start, size_t length, void *owner)
{
    if (fake.index_error != 0 && owner != NULL) {
        /* jemalloc had memory there, and gave it back. */
        lz_index_set((const char *)start + length - GRANULE, LZ_INDEX_HEAP);
        return fake.index_error;
    }
    return __real_lz_index_set_span(start, length, owner);
}

void *
__wrap_lz_meta_acquire(void)
{
    void *record = fake.refuse_records ? NULL : __real_lz_meta_acquire();

    if (record != NULL)
        __atomic_fetch_add(&fake.records, 1, __ATOMIC_RELAXED);
    return record;
}

void
__wrap_lz_meta_release(void *record)
{
    __atomic_fetch_sub(&fake.records, 1, __ATOMIC_RELAXED);
    __real_lz_meta_release(record);
}

/* A first region has the index leaf and the records mapped before we count. */
static void
reset(void)
{
    void *p = region_block(1, 1, false);

    lz_region_free(lz_region_find(p));
    lz_region_release_all();
    memset(&fake, 0, sizeof(fake));
    memset(&lz_stats, 0, sizeof(lz_stats));
    fake_os_reset();
    errno = ERRNO_MARK;
}

TestSuite(region, .init = reset);

static const size_t sizes[] = {
    1,          100,        4096,       4097,           LZ_MIB - 1,
    LZ_MIB,     LZ_MIB + 1, 2 * LZ_MIB, 3 * LZ_MIB + 5, 33 * LZ_MIB - 4095,
    64 * LZ_MIB};

#define SIZES (sizeof(sizes) / sizeof(sizes[0]))

static void
release(void *p)
{
    cr_assert(lz_region_free(lz_region_find(p)));
}

/* From now on a freed region is unmapped at once, and none is handed out. */
static void
keep_nothing(void)
{
    lz_options.decay_ms = 0;
}

/* Of all that was freed, neither a mapping nor a record is left. */
static void
expect_no_leak(void)
{
    lz_region_release_all();
    cr_expect_eq(fake_os.region_bytes, 0, "a mapping leaked");
    cr_expect_eq(fake.records, 0, "a record leaked");
}

static void
expect_usable(size_t n)
{
    char *p = region_block(n, 1, false);
    struct lz_region *region = lz_region_find(p);
    size_t usable;

    EXPECT_ERRNO_KEPT();
    cr_assert_not_null(region);
    usable = lz_region_usable(region);
    cr_expect_eq(usable, lz_round_up(n, lz_os_page_size()));
    cr_expect_eq(usable, lz_region_usable_for(n));
    cr_expect_geq(lz_region_capacity(region), usable);
    p[0] = p[usable - 1] = 1;
    p[lz_region_capacity(region) - 1] = 1;
    release(p);
}

Test(region, usable_is_the_request_in_pages_and_inside_the_capacity)
{
    for (size_t i = 0; i < SIZES; i++)
        expect_usable(sizes[i]);
}

static void
expect_aligned(size_t n, size_t align)
{
    char *p = region_block(n, align, true);

    cr_assert_not_null(p);
    cr_expect_eq((uintptr_t)p & (align - 1), 0, "%zu at %zu", n, align);
    cr_expect_eq((uintptr_t)p & lz_region_tag_mask(), 0);
    p[0] = p[n - 1] = 1;
    release(p);
}

Test(region, every_alignment_from_1_byte_to_64_mib)
{
    for (size_t align = 1; align <= 64 * LZ_MIB; align *= 2) {
        for (int turn = 0; turn < 3; turn++)
            expect_aligned(LZ_MIB, align);
        expect_aligned(1, align);
        expect_aligned(10 * LZ_MIB + 1, align);
    }
    expect_no_leak();
}

/* Of at most 8 pages, and half a granule. */
static size_t
stagger_span(void)
{
    size_t span = 8 * lz_os_page_size();

    return span < GRANULE / 2 ? span : GRANULE / 2;
}

/* The mask leaves out the bits of the pages that a base may start with. */
static void
expect_tag(size_t page)
{
    uintptr_t mask;

    fake_os.page_size = page;
    mask = (GRANULE - 1) & ~(stagger_span() - page);
    cr_expect_eq(lz_region_tag_mask(), mask);
    for (int i = 0; i < 40; i++) {
        char *p = region_block(LZ_MIB, 1, false);

        cr_expect_eq((uintptr_t)p & mask, 0);
        cr_expect_eq((uintptr_t)p & (page - 1), 0);
        cr_expect_eq(lz_region_usable(lz_region_find(p)) & (page - 1), 0);
        release(p);
    }
}

Test(region, the_tag_is_in_no_base_whatever_the_page_size)
{
    keep_nothing();
    expect_tag(4 * LZ_KIB);
    expect_tag(16 * LZ_KIB);
    expect_tag(64 * LZ_KIB);
}

/* The number of different offsets of 32 regions in their granule. */
static size_t
count_offsets(size_t align)
{
    bool seen[GRANULE / 4096] = {false};
    size_t count = 0;

    for (int i = 0; i < 32; i++) {
        char *p = region_block(LZ_MIB, align, false);
        size_t slot = (uintptr_t)p % GRANULE / 4096;

        count += !seen[slot];
        seen[slot] = true;
        release(p);
    }
    return count;
}

Test(region, bases_are_staggered_as_far_as_the_alignment_allows)
{
    keep_nothing();
    fake_os.page_size = 4096;
    cr_expect_eq(count_offsets(1), 8);
    cr_expect_eq(count_offsets(4096), 8);
    cr_expect_eq(count_offsets(8192), 4);
    cr_expect_eq(count_offsets(16384), 2);
    cr_expect_eq(count_offsets(32768), 1);
    cr_expect_eq(count_offsets(GRANULE), 1);
}

static void
expect_little_slack(size_t n)
{
    char *p = region_block(n, 1, false);
    size_t used = stagger_span() + lz_region_usable_for(n);
    size_t slack = map_size_of(p) - used; /* beyond any stagger */

    cr_expect_eq(map_size_of(p) % GRANULE, 0);
    cr_expect_leq(slack, used / 8 > GRANULE ? used / 8 : GRANULE,
                  "%zu of slack for %zu bytes", slack, n);
    cr_expect_geq(lz_region_capacity(lz_region_find(p)),
                  lz_region_usable_for(n), "lz_os_make_plain needs a page");
    release(p);
}

Test(region, slack_is_a_page_at_least_and_an_eighth_at_most_or_a_granule)
{
    keep_nothing();
    for (size_t n = 1; n <= MOST; n = n * 9 / 8 + 1)
        expect_little_slack(n);
    for (size_t n = 16 * LZ_MIB; n <= MOST / 2; n *= 2) {
        expect_little_slack(n - 1);
        expect_little_slack(n);
        expect_little_slack(n + 1);
    }
}

Test(region, every_byte_is_zero_also_where_memory_was_used_before)
{
    for (size_t i = 0; i < SIZES; i++) {
        for (int turn = 0; turn < 2; turn++) {
            char *p = region_block(sizes[i], 1, true);
            size_t usable = lz_region_usable(lz_region_find(p));

            cr_assert(all_bytes_are(p, usable, 0), "%zu bytes", sizes[i]);
            memset(p, 0xA5, usable);
            release(p);
        }
    }
}

Test(region, allocating_touches_no_page_of_the_block, NEEDS_UNREAD)
{
    char *p = region_block(512 * LZ_MIB, 1, true);

    cr_expect_eq(resident_pages(map_of(p), map_size_of(p)), 0);
    release(p);
}

static void
expect_not_found(const void *p)
{
    cr_expect_null(lz_region_find(p), "%p", p);
}

Test(region, only_the_base_is_found)
{
    char *p = region_block(8 * LZ_MIB, 1, false);

    cr_expect_not_null(lz_region_find(p));
    cr_expect_neq(p, map_of(p), "staggered");
    for (char *q = map_of(p); q < p + 2 * GRANULE; q += 4096) {
        if (q != p)
            expect_not_found(q);
    }
    expect_not_found(p + 1);
    expect_not_found(p - 1);
    expect_not_found(p + lz_region_usable(lz_region_find(p)));
}

Test(region, other_addresses_are_not_found)
{
    int local;
    void *heap = malloc(1);

    expect_not_found(NULL);
    expect_not_found(&local);
    expect_not_found(heap);
    expect_not_found((void *)1);
    expect_not_found((void *)GRANULE);
    expect_not_found((void *)UINTPTR_MAX);
    expect_not_found((void *)(UINTPTR_MAX / 2 + 1));
    lz_index_set((void *)(64 * GRANULE), LZ_INDEX_HEAP);
    expect_not_found((void *)(64 * GRANULE));
    expect_not_found(LZ_INDEX_HEAP);
    free(heap);
}

/* In either case: kept warm, or unmapped at once. */
static void
expect_freed_once(char *p)
{
    struct lz_region *region = lz_region_find(p);

    cr_expect(lz_region_free(region));
    cr_expect_null(lz_region_find(p));
    cr_expect_not(lz_region_free(region));
    cr_expect_null(lz_region_find(p));
    cr_expect_eq(lz_stats.regions_freed, 1);
}

Test(region, a_freed_block_that_is_kept_is_no_block_and_not_freed_again)
{
    char *p = region_block(4 * LZ_MIB, 1, false);
    size_t size = map_size_of(p);

    memset(p, 1, 4 * LZ_MIB);
    expect_freed_once(p);
    cr_expect_eq(resident_pages(map_of(p), size),
                 (long)(4 * LZ_MIB / lz_os_page_size()), "not warm");
    cr_expect_eq(fake_os.region_bytes, size);
    cr_expect_eq(fake.records, 1);
    cr_expect_eq(lz_stats.regions_released, 0);
    expect_no_leak();
    cr_expect_eq(resident_pages(map_of(p), size), -1, "still mapped");
    cr_expect_eq(lz_stats.regions_released, 1);
}

Test(region, a_freed_block_that_is_not_kept_is_gone_and_not_freed_again)
{
    char *p = region_block(4 * LZ_MIB, 1, false);
    size_t size = map_size_of(p);

    keep_nothing();
    expect_freed_once(p);
    cr_expect_eq(resident_pages(map_of(p), size), -1, "still mapped");
    cr_expect_eq(fake.records, 0);
    cr_expect_eq(fake_os.region_bytes, 0);
}

Test(region, freeing_keeps_errno)
{
    char *p = region_block(4 * LZ_MIB, 1, false);

    errno = ERRNO_MARK;
    release(p);
    EXPECT_ERRNO_KEPT();
    keep_nothing();
    release(region_block(4 * LZ_MIB, 1, false));
    EXPECT_ERRNO_KEPT();
}

#define RACERS 2
#define RACES 2000

/* Atomic, all three. */
static struct lz_region *contested;
static unsigned arrivals, winners;

/* pthread_barrier wakes one thread after the other; this lets them go at once.
 */
static void
meet(unsigned *met)
{
    __atomic_fetch_add(&arrivals, 1, __ATOMIC_ACQ_REL);
    *met += RACERS;
    for (unsigned turn = 1; __atomic_load_n(&arrivals, __ATOMIC_ACQUIRE) < *met;
         turn++) {
        if (turn % 1024 == 0)
            sched_yield();
    }
}

static void
race_to_free(unsigned number)
{
    struct lz_region *region;
    unsigned met = 0;

    for (int i = 0; i < RACES; i++) {
        if (number == 0) {
            region = lz_region_find(region_block(LZ_MIB, 1, false));
            __atomic_store_n(&contested, region, __ATOMIC_RELEASE);
        }
        meet(&met);
        region = __atomic_load_n(&contested, __ATOMIC_ACQUIRE);
        if (lz_region_free(region))
            __atomic_fetch_add(&winners, 1, __ATOMIC_RELAXED);
        meet(&met);
    }
}

Test(region, of_threads_that_free_one_block_one_wins)
{
    run_threads(RACERS, race_to_free);
    cr_expect_eq(winners, RACES);
    expect_no_leak();
}

Test(region, of_threads_that_free_one_block_one_unmaps_it)
{
    keep_nothing();
    run_threads(RACERS, race_to_free);
    cr_expect_eq(winners, RACES);
    cr_expect_eq(fake.records, 0);
    cr_expect_eq(fake_os.region_bytes, 0);
}

static void
look_while_unmapping(void *start, size_t length)
{
    (void)length;
    cr_expect_null(lz_index_get(start), "the next owner's slot");
}

Test(region, the_slot_is_cleared_before_the_mapping_goes)
{
    char *p = region_block(LZ_MIB, 1, false);

    keep_nothing();
    fake_os.on_unmap = look_while_unmapping;
    release(p);
    cr_expect_null(fake_os.on_unmap, "was called");
}

Test(region, a_mapping_that_stays_loses_its_pages, NEEDS_LINUX)
{
    char *p = region_block(8 * LZ_MIB, 1, false);
    size_t size = map_size_of(p);

    memset(p, 1, 8 * LZ_MIB);
    keep_nothing();
    fake_os.unmap_error = ENOMEM;
    errno = ERRNO_MARK;
    release(p);
    EXPECT_ERRNO_KEPT();
    cr_expect_eq(fake_os.discarded, map_of(p));
    cr_expect_eq(fake_os.discarded_length, size);
    cr_expect_eq(resident_pages(map_of(p), size), 0);
    cr_expect_null(lz_region_find(p));
}

static void
expect_refused(size_t n)
{
    size_t maps = fake_os.region_bytes;
    int records = fake.records;

    cr_expect_null(region_block(n, 1, true), "%zu", n);
    EXPECT_ERRNO_KEPT();
    cr_expect_eq(fake.records, records, "a record leaked");
    cr_expect_eq(fake_os.region_bytes, maps, "a mapping leaked");
}

Test(region, a_refused_mapping_leaves_nothing_behind)
{
    fake_os.refuse = true;
    for (int i = 0; i < 600; i++)
        expect_refused(LZ_MIB);
    fake_os.refuse = false;
    cr_expect_not_null(region_block(LZ_MIB, 1, true));
}

/* It is not of a class, so that it cannot be found again. */
Test(region, where_the_class_is_refused_the_block_alone_will_do)
{
    const size_t n = 131 * LZ_MIB, class = lz_pool_class_size(n + LZ_MIB / 2);
    char *p;

    cr_assert_gt(class, lz_round_up(n + LZ_MIB / 2, LZ_INDEX_GRANULE));
    fake_os.refuse = true;
    fake_os.refuse_from = class;
    p = region_block(n, 1, false);
    cr_assert_not_null(p);
    cr_expect_eq(lz_region_usable(lz_region_find(p)), n);
    p[0] = p[n - 1] = 1;
    cr_expect(lz_region_free(lz_region_find(p)));
    cr_expect_eq(fake_os.region_bytes, 0);
}

Test(region, a_refused_record_leaves_nothing_behind)
{
    fake.refuse_records = true;
    expect_refused(LZ_MIB);
}

Test(region, a_refused_index_slot_leaves_nothing_behind)
{
    fake.index_error = ENOMEM;
    expect_refused(LZ_MIB);
    cr_expect_eq(fake_os.unmaps, 1);
}

Test(region, impossible_sizes_are_refused)
{
    expect_refused(TOO_LARGE);
    expect_refused(TOO_LARGE - 4095);
    expect_refused(LZ_SIZE_LIMIT + 1);
    expect_refused(SIZE_MAX);
    expect_refused(SIZE_MAX - 4095);
    expect_refused(SIZE_MAX - GRANULE);
    if (IS_WIDE)
        expect_refused(LZ_SIZE_LIMIT / 2 + 1);
}

Test(region, impossible_alignments_are_refused)
{
    for (size_t align = LZ_SIZE_LIMIT / 2 + 1; align != 0; align *= 2) {
        cr_expect_null(region_block(LZ_MIB, align, false));
        EXPECT_ERRNO_KEPT();
        cr_expect_eq(fake.records, 0);
    }
}

Test(region, statistics)
{
    char *p = region_block(3000000, 1, true);

    keep_nothing();
    release(region_block(1000000, 1, false));
    cr_expect_eq(lz_stats.regions_allocated, 2);
    cr_expect_eq(lz_stats.regions_freed, 1);
    cr_expect_eq(lz_stats.bytes_allocated, 4000000);
    cr_expect_eq(lz_stats.bytes_not_zeroed, lz_region_usable_for(3000000));
    fake_os.refuse = true;
    expect_refused(LZ_MIB);
    cr_expect_eq(lz_stats.regions_allocated, 2);
    release(p);
    cr_expect_eq(lz_stats.regions_freed, 2);
}

#define LIVE 8

/* Every thread keeps a few blocks, marked at both ends. */
static void
churn(unsigned number)
{
    unsigned *blocks[LIVE] = {NULL};
    const size_t last = LZ_MIB / sizeof(unsigned) - 1;

    for (unsigned i = 0; i < 400; i++) {
        unsigned mark = number << 16 | i, **block = &blocks[i % LIVE];

        if (*block != NULL) {
            cr_assert_eq((*block)[0], mark - LIVE);
            cr_assert_eq((*block)[last], mark - LIVE);
            release(*block);
        }
        *block = region_block(LZ_MIB, 1, true);
        cr_assert_not_null(*block);
        cr_assert_eq((*block)[0], 0);
        (*block)[0] = (*block)[last] = mark;
    }
}

Test(region, threads_do_not_meet)
{
    run_threads(4, churn);
    lz_region_release_all();
    cr_expect_eq(fake.records, 4 * LIVE);
    cr_expect_eq(lz_stats.regions_allocated - lz_stats.regions_freed, 4 * LIVE);
}
