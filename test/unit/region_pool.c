/* SPDX-License-Identifier: MIT */
/*
 * Freed regions: kept, reused, zeroed ahead of reuse, released. And the
 * program's own memset of a block that was just handed out.
 */
#include "control/options.h"
#include "control/stats.h"
#include "large/index.h"
#include "large/pool.h"
#include "large/region_inside.h"
#include "large/retain.h"
#include "large/zero.h"
#include "region_fixture.h"

#define GRANULE LZ_INDEX_GRANULE

WRAPPED(bool, lz_os_make_plain, char *start, size_t length);
WRAPPED(bool, lz_os_is_plain, char *start, size_t length);
WRAPPED(bool, lz_os_is_mapped, char *start, size_t length);
WRAPPED(int, lz_os_inherit, void *start, size_t length, bool inherited);
WRAPPED(size_t, lz_zero, void *p, size_t n);
WRAPPED(size_t, lz_os_memory_size, void);
WRAPPED(void, lz_os_rest, void);
WRAPPED(void, lz_retain_unused, void);
WRAPPED(void, lz_meta_release, void *record);

static struct {
    char *odd;         /* this mapping is not plain any more */
    char *gone;        /* this mapping is not there any more */
    char *refused;     /* no advice about this mapping */
    int refusal;       /* why; 0: ENOMEM */
    size_t advised[2]; /* how often: not to be inherited, and to be */
    size_t zeroings;
    size_t rests;   /* how often the files under /proc may be closed */
    size_t records; /* given back */
    size_t unused;  /* how often the policy heard of what nobody used again */
} fake;

bool
__wrap_lz_os_make_plain(char *start, size_t length)
{
    return start != fake.odd && __real_lz_os_make_plain(start, length);
}

/* Next to nothing is kept without evidence. */
size_t
__wrap_lz_os_memory_size(void)
{
    return 512 * LZ_MIB;
}

bool
__wrap_lz_os_is_plain(char *start, size_t length)
{
    return start != fake.odd && __real_lz_os_is_plain(start, length);
}

bool
__wrap_lz_os_is_mapped(char *start, size_t length)
{
    return start != fake.gone && __real_lz_os_is_mapped(start, length);
}

int
__wrap_lz_os_inherit(void *start, size_t length, bool inherited)
{
    char *from = start;

    fake.advised[inherited]++;
    if (from <= fake.refused && fake.refused < from + length)
        return fake.refusal != 0 ? fake.refusal : ENOMEM;
    return __real_lz_os_inherit(start, length, inherited);
}

size_t
__wrap_lz_zero(void *p, size_t n)
{
    fake.zeroings++;
    return __real_lz_zero(p, n);
}

void
__wrap_lz_os_rest(void)
{
    fake.rests++;
    __real_lz_os_rest();
}

void
__wrap_lz_retain_unused(void)
{
    fake.unused++;
    __real_lz_retain_unused();
}

void
__wrap_lz_meta_release(void *record)
{
    fake.records++;
    __real_lz_meta_release(record);
}

/* Nothing ages or is too much during a test, unless it says so. */
static void
reset(void)
{
    lz_zero_memset = memset;
    region_start();
}

TestSuite(region_pool, .init = reset);

static void
release(void *p)
{
    cr_assert(lz_region_free(lz_region_find(p)));
    EXPECT_ERRNO_KEPT();
}

/* A block that was used in full and is now in the pool. */
static char *
freed(size_t n)
{
    char *p = region_block(n, 1, false);

    cr_assert_not_null(p);
    memset(p, 0xA5, lz_region_usable(lz_region_find(p)));
    release(p);
    return p;
}

/* All of it reads as zero, and each byte was counted once. */
static char *
zeroed(size_t n, size_t align)
{
    uint64_t before = lz_stats.bytes_zeroed + lz_stats.bytes_not_zeroed;
    char *p = region_block(n, align, true);
    size_t usable = lz_region_usable(lz_region_find(p));

    EXPECT_ERRNO_KEPT();
    cr_assert(all_bytes_are(p, usable, 0), "%zu at %zu", n, align);
    cr_expect_eq((uintptr_t)p & (align - 1), 0);
    cr_expect_eq((uintptr_t)p & lz_region_tag_mask(), 0);
    cr_expect_eq(lz_stats.bytes_zeroed + lz_stats.bytes_not_zeroed - before,
                 usable);
    return p;
}

/* --- reuse --------------------------------------------------------------- */

Test(region_pool, a_freed_block_is_handed_out_again_zeroed)
{
    char *p = freed(5 * LZ_MIB);

    cr_expect_eq(zeroed(5 * LZ_MIB, 1), p);
    cr_expect_eq(fake_os.region_maps, 1);
    cr_expect_eq(fake_os.unmaps, 0);
    cr_expect_eq(lz_stats.regions_reused, 1);
    cr_expect_eq(lz_stats.regions_allocated, 2);
    cr_expect_eq(lz_stats.regions_released, 0);
    release(p);
}

/* Where nobody asked for zeros none are written. */
Test(region_pool, a_freed_block_is_handed_out_again_as_it_was)
{
    char *p = freed(5 * LZ_MIB);

    cr_expect_eq(region_block(5 * LZ_MIB, 1, false), p);
    cr_expect(all_bytes_are(p, 5 * LZ_MIB, 0xA5));
    cr_expect_eq(fake.zeroings, 0);
    cr_expect_eq(lz_stats.bytes_zeroed + lz_stats.bytes_not_zeroed, 0);
}

/* Also what an earlier, longer block left beyond a shorter one's end. */
Test(region_pool, blocks_of_many_sizes_in_one_mapping)
{
    static const size_t sizes[] = {5 * LZ_MIB, 5 * LZ_MIB - 20000,
                                   5 * LZ_MIB + 1, 5 * LZ_MIB - 9000,
                                   5 * LZ_MIB + 100000};
    char *first = NULL;

    for (int turn = 0; turn < 30; turn++) {
        size_t n = sizes[turn * 7 % 5];
        char *p = zeroed(n, 1);

        if (turn == 0)
            first = p;
        cr_expect_eq(p, first);
        memset(p, turn + 1, lz_region_usable(lz_region_find(p)));
        release(p);
    }
}

Test(region_pool, every_alignment_of_a_block_that_is_handed_out_again)
{
    for (size_t align = 1; align <= 64 * LZ_MIB; align *= 2) {
        for (int turn = 0; turn < 3; turn++) {
            char *p = zeroed(9 * LZ_MIB, align);

            memset(p, 0xA5, lz_region_usable(lz_region_find(p)));
            release(p);
            freed(9 * LZ_MIB);
        }
    }
    lz_region_release_all();
    cr_expect_eq(fake_os.region_bytes, 0);
}

/* A stagger that does not fit moves the block inside the mapping. */
Test(region_pool, a_warm_mapping_serves_alignments_up_to_the_granule)
{
    for (size_t align = 1; align <= GRANULE; align *= 2) {
        freed(9 * LZ_MIB);
        release(zeroed(9 * LZ_MIB, align));
    }
    cr_expect_eq(fake_os.region_maps, 1);
    release(zeroed(9 * LZ_MIB, 2 * GRANULE));
    cr_expect_eq(fake_os.region_maps, 2);
}

/* The largest block whose mapping is of the class below that of n bytes. */
static size_t
one_class_less(size_t n)
{
    size_t less = n;

    while (lz_region_map_size_for(less) == lz_region_map_size_for(n))
        less -= lz_os_page_size();
    return less;
}

Test(region_pool, one_class_more_is_taken_and_two_are_not)
{
    char *p = freed(9 * LZ_MIB);
    size_t less = one_class_less(9 * LZ_MIB);

    cr_expect_eq(zeroed(less, 1), p);
    release(p);
    cr_expect_neq(zeroed(one_class_less(less), 1), p);
    cr_expect_neq(zeroed(11 * LZ_MIB, 1), p);
    cr_expect_eq(zeroed(9 * LZ_MIB, 1), p);
}

Test(region_pool, what_is_not_plain_is_unmapped_instead)
{
    char *other = freed(5 * LZ_MIB), *p = region_block(5 * LZ_MIB, 1, 0);
    char *odd = region_block(5 * LZ_MIB, 1, false);
    size_t size = map_size_of(odd);

    cr_expect_eq(p, other);
    release(p);
    release(odd);
    fake.odd = map_of(odd);
    cr_expect_eq(zeroed(5 * LZ_MIB, 1), other);
    cr_expect_eq(resident_pages(map_of(odd), size), -1, "still mapped");
    cr_expect_null(lz_index_get(odd));
    cr_expect_eq(fake_os.unmaps, 1);
    cr_expect_eq(lz_stats.regions_reused, 2);
}

/* For real, as far as the system can tell: a part that cannot be written. */
Test(region_pool, a_block_that_was_protected_is_usable_again)
{
    char *p = region_block(5 * LZ_MIB, 1, false);

    memset(p, 0xA5, 5 * LZ_MIB);
    cr_assert_eq(mprotect(p + LZ_MIB, lz_os_page_size(), PROT_NONE), 0);
    errno = ERRNO_MARK;
    release(p);
    p = zeroed(5 * LZ_MIB, 1);
    memset(p, 1, 5 * LZ_MIB);
    release(p);
}

/* --- letting go ---------------------------------------------------------- */

/* So much may be kept. */
static void
reset_with_12_mib(void)
{
    reset();
    lz_options.retain = 12 * LZ_MIB;
}

TestSuite(region_pool_budget, .init = reset_with_12_mib);

Test(region_pool_budget, the_oldest_is_unmapped)
{
    char *blocks[3];

    /* So little that the oldest is not cut either. */
    lz_options.retain = 10 * LZ_MIB + 256 * LZ_KIB;
    for (int i = 0; i < 3; i++) {
        blocks[i] = region_block(5 * LZ_MIB, 1, false);
        memset(blocks[i], 1, 5 * LZ_MIB);
    }
    for (int i = 0; i < 3; i++)
        release(blocks[i]);
    cr_expect_eq(lz_stats.regions_released, 1);
    cr_expect_null(lz_index_get(blocks[0]));
    cr_expect_eq(zeroed(5 * LZ_MIB, 1), blocks[2]);
    cr_expect_eq(zeroed(5 * LZ_MIB, 1), blocks[1]);
}

/* What counts is what is resident, where the usable size would be too much. */
Test(region_pool_budget, a_sparse_block_beyond_it_is_kept, NEEDS_KERNEL)
{
    char *block = region_block(100 * LZ_MIB, 1, false);

    block[0] = block[50 * LZ_MIB] = 1;
    release(block);
    cr_expect_eq(lz_stats.regions_released, 0);
    cr_expect_eq(zeroed(100 * LZ_MIB, 1), block);
}

/* No single call pays for everything that has aged. */
Test(region_pool, one_call_releases_64_mib_and_a_block)
{
    char *blocks[4];

    for (int i = 0; i < 4; i++) {
        blocks[i] = region_block(40 * LZ_MIB, 1, false);
        memset(blocks[i], 1, 40 * LZ_MIB);
    }
    for (int i = 0; i < 4; i++)
        release(blocks[i]);
    lz_options.decay_ms = 0;
    cr_expect_eq(lz_region_release(), 2);
    cr_expect_eq(fake_os.unmaps, 2);
    cr_expect_eq(lz_region_release(), 2);
    cr_expect_eq(lz_region_release(), 0);
    cr_expect(lz_region_pool_is_empty());
    cr_expect_eq(fake_os.region_bytes, 0);
}

Test(region_pool, all_of_it_in_one_call)
{
    char *blocks[4];

    for (int i = 0; i < 4; i++)
        blocks[i] = region_block(40 * LZ_MIB, 1, false);
    for (int i = 0; i < 4; i++)
        release(blocks[i]);
    cr_expect_not(lz_region_pool_is_empty());
    cr_expect_eq(lz_region_release_all(), 4);
    cr_expect(lz_region_pool_is_empty());
    cr_expect_eq(fake_os.region_bytes, 0);
    cr_expect_eq(lz_stats.regions_released, 4);
}

static void
allow(void *start, size_t length)
{
    (void)start;
    (void)length;
    fake_os.refuse = false;
}

/* The memory that the pool keeps is the first to be asked for. */
Test(region_pool, a_refused_mapping_is_tried_again_without_the_pool)
{
    char *p = freed(5 * LZ_MIB);

    fake_os.refuse = true;
    fake_os.refuse_from = GRANULE;
    fake_os.on_unmap = allow;
    cr_expect_not_null(region_block(50 * LZ_MIB, 1, true));
    EXPECT_ERRNO_KEPT();
    cr_expect_eq(fake_os.region_maps, 2);
    cr_expect_null(lz_region_find(p));
    cr_expect(lz_region_pool_is_empty());
}

Test(region_pool, growth_that_is_refused_is_tried_again_without_the_pool,
     NEEDS_LINUX)
{
    char *p = region_block(3 * LZ_MIB, 1, false);

    fill_pattern(p, 3 * LZ_MIB, 1);
    freed(5 * LZ_MIB);
    fake_os.refuse = true;
    fake_os.refuse_from = GRANULE;
    fake_os.on_unmap = allow;
    p = lz_region_grow(lz_region_find(p), 50 * LZ_MIB, 1);
    cr_assert_not_null(p);
    EXPECT_ERRNO_KEPT();
    cr_expect(has_pattern(p, 3 * LZ_MIB, 1));
    cr_expect(lz_region_pool_is_empty());
}

/* A block that shrank in place is kept under its new class. */
Test(region_pool, a_shrunk_block_is_found_by_its_new_size)
{
    char *p = region_block(60 * LZ_MIB, 1, false);

    memset(p, 0xA5, 60 * LZ_MIB);
    cr_expect(lz_region_resize(lz_region_find(p), 7 * LZ_MIB));
    release(p);
    cr_expect_neq(zeroed(60 * LZ_MIB, 1), p);
    cr_expect_eq(zeroed(7 * LZ_MIB, 1), p);
}

/* --- other sizes --------------------------------------------------------- */

static char *
used(size_t n, unsigned char pattern)
{
    char *p = region_block(n, 1, false);

    cr_assert_not_null(p);
    cr_assert_geq(lz_region_usable(lz_region_find(p)), n);
    fill_pattern(p, n, pattern);
    return p;
}

Test(region_pool, a_larger_block_serves_with_its_front_and_keeps_the_rest)
{
    char *p = freed(64 * LZ_MIB), *first, *second, *third;

    first = used(20 * LZ_MIB, 1);
    second = used(20 * LZ_MIB, 2);
    third = used(5 * LZ_MIB, 3);
    cr_expect_eq(map_of(first), map_of(p));
    cr_expect_eq(fake_os.region_maps, 1);
    cr_expect_eq(lz_stats.regions_split, 3);
    cr_expect(has_pattern(first, 20 * LZ_MIB, 1));
    cr_expect(has_pattern(second, 20 * LZ_MIB, 2));
    cr_expect(has_pattern(third, 5 * LZ_MIB, 3));
    release(second);
    release(first);
    cr_expect_eq(zeroed(20 * LZ_MIB, 1), first);
    cr_expect_eq(zeroed(20 * LZ_MIB, 1), second);
    cr_expect(has_pattern(third, 5 * LZ_MIB, 3));
    lz_region_release_all();
    cr_expect(has_pattern(third, 5 * LZ_MIB, 3), "its neighbours are gone");
    release(third);
    lz_region_release_all();
    EXPECT_ERRNO_KEPT();
}

/* It has no pages, and is none that could serve a malloc of another size. */
Test(region_pool, a_block_of_few_pages_is_not_cut, NEEDS_KERNEL)
{
    char *p = region_block(40 * LZ_MIB, 1, false);

    p[20 * LZ_MIB] = 1;
    release(p);
    cr_expect_eq(lz_pool_resident(), 0);
    release(used(18 * LZ_MIB, 1));
    cr_expect_eq(lz_stats.regions_split, 0);
    cr_expect_eq(zeroed(40 * LZ_MIB, 1), p);
}

/* What nobody ever used is no reason to cut a block in two. */
Test(region_pool, a_block_without_pages_behind_the_front_stays_whole)
{
    char *p = region_block(40 * LZ_MIB, 1, false);

    cr_expect(lz_region_resize(lz_region_find(p), 21 * LZ_MIB));
    memset(p, 1, 21 * LZ_MIB);
    release(p);
    cr_expect_eq(used(18 * LZ_MIB, 1), p);
    cr_expect_leq(lz_stats.regions_split, 1);
    release(p);
    lz_region_release_all();
    cr_expect_eq(fake_os.region_bytes, 0);
}

Test(region_pool, a_smaller_block_gives_its_pages_to_a_longer_one, NEEDS_LINUX)
{
    char *p, *q;

    lz_region_change_observed();
    freed(30 * LZ_MIB);
    p = region_block(80 * LZ_MIB, 1, false);
    cr_expect_eq(lz_stats.regions_joined, 1);
    /* Of the last granule, next to nothing was used. */
    cr_expect(all_bytes_are(p, 30 * LZ_MIB - 32 * LZ_KIB, 0xA5));
    cr_expect(all_bytes_are(p + 30 * LZ_MIB, 50 * LZ_MIB, 0));
    fill_pattern(p, 80 * LZ_MIB, 4);
    cr_expect(has_pattern(p, 80 * LZ_MIB, 4));
    q = lz_region_grow(lz_region_find(p), 200 * LZ_MIB, 1);
    cr_assert_not_null(q);
    cr_expect(has_pattern(q, 80 * LZ_MIB, 4));
    release(q);
    q = zeroed(200 * LZ_MIB, 1);
    release(q);
    lz_region_release_all();
    cr_expect_eq(fake_os.region_bytes, 0);
    EXPECT_ERRNO_KEPT();
}

/* A program may ask for much and use little. */
Test(region_pool, a_long_block_takes_only_a_part_of_what_is_kept, NEEDS_LINUX)
{
    char *p;

    lz_region_change_observed();
    freed(150 * LZ_MIB);
    p = region_block(300 * LZ_MIB, 1, false);
    cr_expect_eq(lz_stats.regions_joined, 1);
    cr_expect(all_bytes_are(p, 64 * LZ_MIB - 32 * LZ_KIB, 0xA5));
    cr_expect(all_bytes_are(p + 64 * LZ_MIB, 236 * LZ_MIB, 0));
}

/* Fresh pages are zero already, and cost nothing unless they are used. */
Test(region_pool, zeros_come_from_no_other_size)
{
    freed(64 * LZ_MIB);
    zeroed(20 * LZ_MIB, 1);
    zeroed(100 * LZ_MIB, 1);
    cr_expect_eq(lz_stats.regions_split + lz_stats.regions_joined, 0);
}

Test(region_pool, many_sizes_out_of_what_is_kept)
{
    char *blocks[8] = {NULL};
    size_t sizes[8];
    unsigned state = 7;

    for (int turn = 0; turn < 150; turn++) {
        int i = turn * 5 % 8;

        if (blocks[i] != NULL) {
            cr_assert(has_pattern(blocks[i], sizes[i], (unsigned char)i));
            release(blocks[i]);
        }
        state = state * 1103515245 + 12345;
        sizes[i] = 2 * LZ_MIB + (state >> 8) % (20 * LZ_MIB);
        blocks[i] = turn % 7 == 0 ? zeroed(sizes[i], 1)
                                  : region_block(sizes[i], 1, false);
        fill_pattern(blocks[i], sizes[i], (unsigned char)i);
    }
    cr_expect_gt(lz_stats.regions_split, 0);
    for (int i = 0; i < 8; i++)
        release(blocks[i]);
    lz_region_release_all();
    cr_expect_eq(fake_os.region_bytes, 0);
}

/* --- at the expense of nobody -------------------------------------------- */

/* What the program takes anew is not kept as well. */
Test(region_pool, kept_memory_does_not_raise_the_peak, NEEDS_LINUX)
{
    char *p, *live;

    lz_retain_use((intptr_t)LZ_MIB * (1024 - 64));
    p = freed(64 * LZ_MIB);
    cr_expect_not_null(lz_index_get(p));
    live = zeroed(44 * LZ_MIB, 1);
    cr_expect_eq(lz_stats.regions_released, 0, "the rest may stay");
    /* What is left of the peak, slack of 1 MiB, a 32nd of the peak, staggers.
     */
    cr_expect_leq(lz_pool_resident(), (20 + 1 + 32 + 1) * LZ_MIB);
    cr_expect_leq(resident_pages(map_of(p), 64 * LZ_MIB),
                  (long)(54 * LZ_MIB / lz_os_page_size()));
    cr_expect_eq(zeroed(64 * LZ_MIB, 1), p);
    release(live);
    release(p);
}

/* Else later blocks could be kept up to that size. */
Test(region_pool, a_sparse_block_is_no_peak_once_it_is_freed, NEEDS_KERNEL)
{
    size_t before = lz_retain_peak();
    char *giant = region_block(1200 * LZ_MIB, 1, true);

    cr_expect_geq(lz_retain_peak(), 1200 * LZ_MIB);
    giant[0] = giant[600 * LZ_MIB] = 1;
    release(giant);
    cr_expect_eq(lz_retain_peak(), before);
}

/* Else it would take the place of what is kept, each time that it is live. */
Test(region_pool, a_calloc_whose_like_was_sparse_counts_as_little, NEEDS_KERNEL)
{
    const size_t n = 200 * LZ_MIB, before = lz_retain_limit();
    char *p = region_block(n, 1, true);

    cr_expect_leq(lz_retain_limit(), before - n / 2, "nothing is known of it");
    p[0] = 1;
    release(p);
    p = region_block(n, 1, true);
    cr_expect_geq(lz_retain_limit(), before - 2 * GRANULE);
    memset(p, 1, n);
    release(p);
    p = region_block(n, 1, true);
    cr_expect_leq(lz_retain_limit(), before - n / 2, "now it is dense");
    release(p);
}

/* As a vector that doubled its size for a few elements more. */
Test(region_pool, a_malloc_whose_like_was_used_in_part_counts_by_that,
     NEEDS_KERNEL)
{
    const size_t n = 200 * LZ_MIB, before = lz_retain_limit();
    char *p = region_block(n, 1, false);
    size_t most = before + 40 * LZ_MIB, used; /* it has some slack */

    cr_expect_leq(lz_retain_limit(), most - n);
    memset(p, 1, 120 * LZ_MIB);
    release(p);
    used = lz_pool_resident();
    cr_expect_geq(used, 120 * LZ_MIB);
    cr_expect_leq(used, 120 * LZ_MIB + GRANULE);
    lz_region_release_all();
    p = region_block(n, 1, false);
    cr_expect_leq(lz_retain_limit(), most - 120 * LZ_MIB);
    cr_expect_geq(lz_retain_limit(), before - 120 * LZ_MIB - 2 * GRANULE);
    memset(p, 1, n);
    release(p);
    lz_region_release_all();
    p = region_block(n, 1, false);
    cr_expect_leq(lz_retain_limit(), most - n, "all of it is used");
    release(p);
}

Test(region_pool, a_cut_block_is_zero_in_all_its_bytes, NEEDS_LINUX)
{
    char *p;

    p = freed(64 * LZ_MIB);
    lz_retain_use((intptr_t)LZ_MIB * (1024 - 10));
    lz_region_release();
    cr_expect_eq(zeroed(64 * LZ_MIB, 1), p);
    release(p);
}

/* It was full, and is not any more: so its next zeroing looks first. */
Test(region_pool, of_a_cut_block_nothing_is_known, NEEDS_LINUX)
{
    struct lz_region *region = lz_index_get(freed(64 * LZ_MIB));

    region->history.full = 64 * LZ_MIB;
    lz_retain_use((intptr_t)LZ_MIB * (1024 - 10));
    lz_region_release();
    cr_expect_lt(region->high_water, 64 * LZ_MIB);
    cr_expect_eq(region->history.full, 0);
}

/* What is counted of it lies anywhere, and not at its end. */
Test(region_pool, a_sparse_block_is_let_go_and_not_cut)
{
    char *p = freed(64 * LZ_MIB);
    struct lz_pool_entry *entry = lz_pool_take_oldest();

    entry->resident = 40 * LZ_MIB;
    lz_pool_put(entry);
    lz_options.retain = 30 * LZ_MIB;
    cr_expect_eq(lz_region_release(), 1);
    cr_expect_eq(lz_stats.regions_let_go, 1);
    cr_expect_null(lz_index_get(p));
}

/* Less than a granule of it would stay. */
Test(region_pool, a_block_is_not_cut_to_nothing)
{
    char *p = freed(5 * LZ_MIB);

    fake_os.discards = 0;
    lz_options.retain = LZ_INDEX_GRANULE / 2;
    cr_expect_eq(lz_region_release(), 1);
    cr_expect_eq(lz_stats.regions_let_go, 1);
    cr_expect_eq(fake_os.discards, 0);
    cr_expect_null(lz_index_get(p));
}

/* It would be one mapping more than the system allows. */
Test(region_pool, what_cannot_be_unmapped_loses_its_pages)
{
    char *p = freed(5 * LZ_MIB);
    struct lz_region *region = lz_index_get(p);
    char *map = region->entry.map;

    fake_os.discards = 0;
    fake_os.unmap_error = ENOMEM;
    cr_expect_eq(lz_region_release_all(), 1);
    cr_expect_eq(fake_os.discards, 1);
    cr_expect_eq(fake_os.discarded, map);
    cr_expect_null(lz_index_get(p));
}

Test(region_pool, a_large_block_nobody_waits_for_is_given_back)
{
    char *p;

    lz_options.retain = LZ_RETAIN_AUTO;
    p = freed(64 * LZ_MIB);
    cr_expect_null(lz_index_get(p));
    cr_expect_eq(lz_stats.regions_let_go, 1);
    p = freed(64 * LZ_MIB);
    cr_expect_not_null(lz_index_get(p), "the second request is evidence");
    cr_expect_eq(zeroed(64 * LZ_MIB, 1), p);
    cr_expect_eq(lz_retain_limit(), (64 + 64 / 4 + 1) * LZ_MIB,
                 "it was of use, so a quarter more may be kept");
}

/* A release that leaves nothing large behind. */
Test(region_pool, files_may_be_closed_when_nothing_is_live_or_kept)
{
    char *live = zeroed(9 * LZ_MIB, 1);

    freed(5 * LZ_MIB);
    lz_options.decay_ms = 0;
    cr_expect_eq(lz_region_release(), 1);
    cr_expect_eq(fake.rests, 0);
    release(live);
    cr_expect_eq(fake.rests, 1);
    cr_expect_eq(lz_region_release(), 0);
    cr_expect_eq(fake.rests, 1);
}

/* What is let go since it is too much says nothing of that. */
Test(region_pool, what_is_old_was_not_used_again)
{
    freed(5 * LZ_MIB);
    lz_options.retain = LZ_MIB;
    cr_expect_eq(lz_region_release(), 1);
    cr_expect_eq(fake.unused, 0);
    lz_options.retain = 1024 * LZ_MIB;
    freed(5 * LZ_MIB);
    lz_options.decay_ms = 0;
    cr_expect_eq(lz_region_release(), 1);
    cr_expect_eq(fake.unused, 1);
    lz_options.decay_ms = 1000;
    freed(5 * LZ_MIB);
    lz_region_idle(1000);
    cr_expect_eq(fake.unused, 2);
}

/* It is no trouble to anybody until it is old. */
Test(region_pool, an_idle_process_keeps_a_little_at_once)
{
    freed(2 * LZ_MIB);
    lz_options.retain = LZ_RETAIN_AUTO;
    lz_options.decay_ms = 1000;
    cr_expect_gt(lz_region_idle(0), 100);
    cr_expect_eq(lz_pool_resident() / LZ_MIB, 2);
}

/* Ten milliseconds of waiting, and all but a little is gone. */
Test(region_pool, an_idle_process_keeps_next_to_nothing, NEEDS_LINUX)
{
    char *p;

    lz_options.retain = LZ_RETAIN_AUTO;
    lz_options.decay_ms = 1000;
    freed(64 * LZ_MIB);
    freed(64 * LZ_MIB);
    p = zeroed(2 * LZ_MIB, 1);
    memset(p, 1, 2 * LZ_MIB);
    release(p);
    cr_expect_eq(lz_region_idle(0), 10);
    cr_expect_eq(lz_region_idle(4), 6);
    cr_expect_geq(lz_pool_resident() / LZ_MIB, 64);
    cr_expect_leq(lz_region_idle(10), 1000);
    cr_expect_eq(lz_pool_resident() / LZ_MIB, 2);
    cr_expect_not_null(lz_index_get(p));
    lz_options.decay_ms = 0;
    cr_expect_eq(lz_region_idle(1010), 0);
    cr_expect(lz_pool_is_empty());
    EXPECT_ERRNO_KEPT();
}

/* Whoever names a size wants it for all of the decay time. */
Test(region_pool, an_idle_process_keeps_what_it_was_told_to)
{
    freed(64 * LZ_MIB);
    cr_expect_gt(lz_region_idle(10), 1000);
    cr_expect_gt(lz_region_idle((unsigned)lz_options.decay_ms / 2), 1000);
    cr_expect_eq(lz_pool_resident() / LZ_MIB, 64);
    cr_expect_eq(lz_region_idle((unsigned)lz_options.decay_ms), 0,
                 "a longer wait is sure: now is as good as then");
    cr_expect(lz_pool_is_empty());
    freed(64 * LZ_MIB);
    lz_options.decay_ms = 0;
    cr_expect_eq(lz_region_idle(10), 0);
}

/* --- fork ---------------------------------------------------------------- */

/* Its address may be another mapping's by now. */
Test(region_pool, what_a_fork_child_did_not_inherit_is_forgotten)
{
    char *p = region_block(5 * LZ_MIB, 1, false);
    char *gone = region_block(5 * LZ_MIB, 1, false);

    release(p);
    release(gone);
    fake.gone = map_of(gone);
    fake.records = 0;
    lz_region_fork_child();
    EXPECT_ERRNO_KEPT();
    cr_expect_eq(fake.records, 2);
    cr_expect_eq(fake_os.unmaps, 1, "what it did inherit goes");
    cr_expect_eq(fake_os.discards, 0);
    cr_expect_null(lz_index_get(gone));
    cr_expect_null(lz_index_get(p));
    cr_expect(lz_pool_is_empty());
    cr_expect_eq(lz_stats.retained_bytes.now, 0);
}

static void
fork_as_a_parent(void)
{
    lz_pool_fork_prepare();
    lz_region_fork_prepare();
    lz_region_fork_parent();
    lz_pool_fork_parent();
}

Test(region_pool, the_parent_of_a_fork_goes_on_with_what_is_kept)
{
    char *p = freed(5 * LZ_MIB), *q = zeroed(9 * LZ_MIB, 1);

    memset(q, 0xA5, 9 * LZ_MIB);
    release(q);
    lz_region_change_observed();
    fork_as_a_parent();
    EXPECT_ERRNO_KEPT();
    cr_expect_geq(fake.advised[false], 1);
    cr_expect_eq(fake.advised[true], fake.advised[false]);
    cr_expect_eq(fake_os.unmaps, 0);
    cr_expect_eq(((struct lz_region *)lz_index_get(p))->change,
                 LZ_REGION_UNCHANGED);
    cr_expect_eq(zeroed(5 * LZ_MIB, 1), p);
    cr_expect_eq(zeroed(9 * LZ_MIB, 1), q);
}

/* As when the system allows not one mapping more. */
Test(region_pool, what_cannot_be_kept_from_a_fork_child_is_not_reused)
{
    char *p = freed(5 * LZ_MIB), *refused = zeroed(9 * LZ_MIB, 1);

    memset(refused, 0xA5, 9 * LZ_MIB);
    release(refused);
    fake.refused = map_of(refused);
    fork_as_a_parent();
    EXPECT_ERRNO_KEPT();
    cr_expect_eq(fake_os.unmaps, 0, "locks are held");
    cr_expect_eq(((struct lz_region *)lz_index_get(refused))->change,
                 LZ_REGION_ALTERED);
    cr_expect_not_null(zeroed(9 * LZ_MIB, 1));
    cr_expect_eq(fake_os.unmaps, 1);
    cr_expect_eq(zeroed(5 * LZ_MIB, 1), p);
}

/* Where no system has that advice, the parent goes on all the same. */
Test(region_pool, a_system_without_that_advice_keeps_everything)
{
    char *p = freed(5 * LZ_MIB);

    fake.refused = map_of(p);
    fake.refusal = ENOSYS;
    fork_as_a_parent();
    cr_expect_eq(fake_os.unmaps, 0);
    cr_expect_eq(zeroed(5 * LZ_MIB, 1), p);
}

#define MANY 250

/* Blocks that lie one behind the other, freed in another order: `step` and
 * MANY have no divisor in common. */
static void
free_many(char **blocks, size_t step)
{
    size_t at = 0;
    char *all = region_block(MANY * 4 * LZ_MIB, 1, false);

    lz_options.retain = MANY * 4 * LZ_MIB;
    release(all); /* the addresses are free, and next to each other */
    lz_region_release_all();
    for (size_t i = 0; i < MANY; i++)
        blocks[i] = region_block(3 * LZ_MIB, 1, false);
    for (size_t i = 0; i < MANY; i++) {
        at = (at + step) % MANY;
        release(blocks[at]);
    }
    cr_assert_eq(fake_os.unmaps, 1, "all of them are kept");
}

static void
expect_few_calls(size_t step)
{
    static char *blocks[MANY];

    free_many(blocks, step);
    fork_as_a_parent();
    EXPECT_ERRNO_KEPT();
    cr_expect_leq(fake.advised[false], 6);
    cr_expect_eq(fake.advised[true], fake.advised[false]);
    for (size_t i = 0; i < MANY; i++) {
        struct lz_region *region = lz_index_get(blocks[i]);

        cr_assert(lz_os_is_plain(region->entry.map, region->entry.map_size));
    }
    cr_expect_eq(fake_os.unmaps, 1);
}

/* One call for all that touch, whatever the order. */
Test(region_pool, mappings_that_touch_are_kept_from_a_fork_child_together,
     NEEDS_KERNEL)
{
    expect_few_calls(MANY - 1);
}

Test(region_pool, mappings_that_touch_are_found_in_any_order, NEEDS_KERNEL)
{
    expect_few_calls(77);
}

/* All others stay. */
Test(region_pool,
     of_those_that_touch_only_the_one_that_is_refused_is_not_reused,
     NEEDS_KERNEL)
{
    static char *blocks[MANY];

    free_many(blocks, 77);
    fake.refused = map_of(blocks[MANY / 3]);
    fork_as_a_parent();
    EXPECT_ERRNO_KEPT();
    cr_expect_eq(fake_os.unmaps, 1);
    for (size_t i = 0; i < MANY; i++) {
        struct lz_region *region = lz_index_get(blocks[i]);

        cr_assert_eq(region->change,
                     i == MANY / 3 ? LZ_REGION_ALTERED : LZ_REGION_UNCHANGED);
    }
}

/* --- cleaning ahead ------------------------------------------------------ */

Test(region_pool, what_is_prepared_needs_no_zeroing)
{
    char *p = freed(5 * LZ_MIB);

    errno = ERRNO_MARK;
    cr_expect(lz_region_prepare());
    cr_expect_not(lz_region_prepare());
    EXPECT_ERRNO_KEPT();
    fake.zeroings = 0;
    cr_expect_eq(zeroed(5 * LZ_MIB, 1), p);
    cr_expect_eq(fake.zeroings, 0);
}

/* Larger than the last one, or elsewhere in the mapping. */
Test(region_pool, all_of_the_mapping_is_prepared)
{
    char *p = freed(5 * LZ_MIB);

    cr_expect_eq(region_block(5 * LZ_MIB - 20000, 1, false), p);
    release(p);
    cr_expect(lz_region_prepare());
    cr_expect_eq(map_of(zeroed(5 * LZ_MIB, GRANULE)), map_of(p));
}

/* A block that moved up in its mapping, where the one before it was used. */
static char *
moved_up(size_t n)
{
    size_t page = lz_os_page_size();

    for (;;) {
        char *p = freed(n), *q = region_block(n, 2 * page, false);

        cr_assert_eq(map_of(q), map_of(p));
        if (q > p)
            return q;
        release(q);
        lz_region_release_all();
    }
}

Test(region_pool, what_lies_before_the_block_is_prepared_too)
{
    char *p = moved_up(5 * LZ_MIB);

    release(p);
    cr_expect(lz_region_prepare());
    cr_expect_eq(zeroed(5 * LZ_MIB, GRANULE), map_of(p));
}

/* Zeros would go to whatever the program mapped there unheard. */
Test(region_pool, contents_are_dropped_only_of_what_is_plain)
{
    char *p = zeroed(5 * LZ_MIB, 1), *odd = zeroed(9 * LZ_MIB, 1);

    lz_region_change_observed();
    lz_options.zero_on_free = true;
    fake.odd = map_of(odd);
    fake.zeroings = 0;
    release(odd);
    cr_expect_eq(fake.zeroings, 0);
    cr_expect_eq(fake_os.unmaps, 1);
    release(p);
    cr_expect_gt(fake.zeroings, 0);
    cr_expect_eq(fake_os.unmaps, 1);
}

Test(region_pool, what_was_prepared_and_used_is_prepared_again)
{
    char *p = freed(5 * LZ_MIB);

    for (int turn = 0; turn < 3; turn++) {
        cr_expect(lz_region_prepare());
        cr_expect_eq(zeroed(5 * LZ_MIB, 1), p);
        memset(p, 0xA5, 5 * LZ_MIB);
        release(p);
    }
    cr_expect_eq(zeroed(5 * LZ_MIB, 1), p);
}

Test(region_pool, what_is_not_plain_is_not_prepared_but_unmapped)
{
    char *odd = freed(5 * LZ_MIB);

    fake.odd = map_of(odd);
    cr_expect(lz_region_prepare());
    cr_expect_not(lz_region_prepare());
    cr_expect_null(lz_index_get(odd));
    cr_expect_eq(fake.zeroings, 0);
    cr_expect_eq(fake_os.region_bytes, 0);
}

Test(region_pool, nothing_to_prepare)
{
    cr_expect_not(lz_region_prepare());
}

/* --- the program's own memset -------------------------------------------- */

#define SIZE (5 * LZ_MIB)

/* A block of the pool with dirt in it, of which nothing is known. */
static char *
dirty_block(void)
{
    char *p;

    lz_region_release_all();
    p = freed(SIZE);
    cr_assert_eq(region_block(SIZE, 1, false), p);
    return p;
}

static void
expect_no_memset(void *p, size_t n)
{
    cr_expect_not(lz_region_memset(p, n), "%p %zu", p, n);
    EXPECT_ERRNO_KEPT();
    cr_expect_eq(fake.zeroings, 0);
}

static void
expect_memset(size_t offset, size_t n)
{
    char *p = dirty_block();

    cr_expect(lz_region_memset(p + offset, n));
    EXPECT_ERRNO_KEPT();
    cr_expect(all_bytes_are(p, offset, 0xA5));
    cr_expect(all_bytes_are(p + offset, n, 0));
    cr_expect(all_bytes_are(p + offset + n, SIZE - offset - n, 0xA5));
    release(p);
}

Test(region_pool, memset_of_a_block_or_the_most_of_it)
{
    expect_memset(0, SIZE);
    expect_memset(0, SIZE / 2);
    expect_memset(1, SIZE - 1);
    expect_memset(16, SIZE - 4096);
    expect_memset(lz_os_page_size() - 1, SIZE / 2 + 1);
}

/* The second one finds what the program has written since. */
Test(region_pool, only_the_first_memset_is_the_engines)
{
    char *p = dirty_block();

    cr_expect(lz_region_memset(p, SIZE / 2));
    fake.zeroings = 0;
    expect_no_memset(p, SIZE);
    release(p);
    cr_expect_eq(region_block(SIZE, 1, false), p);
    cr_expect(lz_region_memset(p, SIZE));
}

/* No look and no question: libc's memset is as good, and does it. */
Test(region_pool, memset_of_what_is_known_to_be_full, NEEDS_PAGEMAP)
{
    char *p = dirty_block();

    cr_expect(lz_region_memset(p, SIZE));
    release(p);
    cr_expect_eq(region_block(SIZE, 1, false), p);
    fake.zeroings = 0;
    expect_no_memset(p, SIZE);
}

Test(region_pool, memset_of_too_little_or_too_much)
{
    char *p = dirty_block();

    expect_no_memset(p, SIZE / 2 - 1);
    expect_no_memset(p, SIZE + 1);
    expect_no_memset(p + 1, SIZE);
    expect_no_memset(p, SIZE_MAX);
    expect_no_memset(p + 1, SIZE_MAX);
    expect_no_memset(p, 0);
    expect_no_memset(p + lz_os_page_size(), SIZE / 2);
    cr_expect(all_bytes_are(p, SIZE, 0xA5));
    cr_expect(lz_region_memset(p, SIZE), "none of them counted");
}

Test(region_pool, memset_of_what_is_no_live_block)
{
    char *p = dirty_block();

    if (p != map_of(p))
        expect_no_memset(map_of(p), SIZE);
    release(p);
    expect_no_memset(p, SIZE);
    expect_no_memset(NULL, SIZE);
    expect_no_memset((void *)UINTPTR_MAX, SIZE);
    lz_index_set((void *)(64 * GRANULE), LZ_INDEX_HEAP);
    expect_no_memset((void *)(64 * GRANULE), SIZE);
}

Test(region_pool, memset_of_what_is_not_plain)
{
    char *p = dirty_block();

    fake.odd = map_of(p);
    expect_no_memset(p, SIZE);
    cr_expect(all_bytes_are(p, SIZE, 0xA5));
}
