/* SPDX-License-Identifier: MIT */
/* realloc across the threshold and back; rallocx and xallocx have own files. */
#include "route_sizes.h"

TestSuite(route_resize, .init = route_start);

/* Above the threshold a region; down to its half, what it was before. */
static bool
region_expected(bool was_region, size_t n)
{
    return n >= THRESHOLD || (was_region && n >= THRESHOLD / 2);
}

static char *
expect_realloc(char *p, size_t old, size_t n)
{
    bool was_region = lazyzero_owns(p);

    p = lz_route_realloc(p, n);
    EXPECT_ERRNO_KEPT();
    cr_assert_not_null(p, "%zu to %zu", old, n);
    cr_expect_geq(usable(p), n);
    cr_expect_eq(lazyzero_owns(p), region_expected(was_region, n), "%zu to %zu",
                 old, n);
    cr_expect(has_pattern(p, smaller(old, n), 9), "%zu to %zu", old, n);
    return p;
}

Test(route_resize, from_every_size_to_every_size)
{
    for (size_t i = 0; i < SIZES; i++) {
        for (size_t j = 0; j < SIZES; j++)
            release(expect_realloc(make(sizes[i]), sizes[i], sizes[j]));
    }
}

Test(route_resize, one_block_through_all_sizes, NEEDS_POSIX)
{
    char *p = make(1);
    size_t n = 1;

    for (; n < 60 * THRESHOLD; n = n * 3 / 2 + 1) {
        p = expect_realloc(p, n, n * 3 / 2 + 1);
        fill_pattern(p, n * 3 / 2 + 1, 9);
    }
    for (; n > 1; n = n * 2 / 3)
        p = expect_realloc(p, n, n * 2 / 3);
    release(p);
    expect_no_leak();
}

Test(route_resize, a_refused_block_to_every_size)
{
    for (size_t j = 0; j < SIZES; j++)
        release(expect_realloc(make_refused(3 * THRESHOLD), 3 * THRESHOLD,
                               sizes[j]));
}

Test(route_resize, a_refused_block_that_stays_refused)
{
    char *p = make_refused(2 * THRESHOLD);

    refuse_regions();
    p = lz_route_realloc(p, 9 * THRESHOLD);
    EXPECT_ERRNO_KEPT();
    cr_assert_not_null(p);
    cr_expect_not(lazyzero_owns(p));
    cr_expect(has_pattern(p, 2 * THRESHOLD, 9));
    fill_pattern(p, 9 * THRESHOLD, 9);
    p = lz_route_realloc(p, THRESHOLD);
    EXPECT_ERRNO_KEPT();
    cr_expect(has_pattern(p, THRESHOLD, 9));
    release(p);
}

Test(route_resize, null_allocates_and_nothing_frees)
{
    char *p = lz_route_realloc(NULL, 3 * THRESHOLD);

    EXPECT_ERRNO_KEPT();
    cr_expect(lazyzero_owns(p));
    cr_expect_null(lz_route_realloc(p, 0));
    EXPECT_ERRNO_KEPT();
    cr_expect_not(lazyzero_owns(p));
    p = lz_route_realloc(NULL, 10);
    cr_expect_null(lz_route_realloc(p, 0));
    p = lz_route_realloc(NULL, 0);
    cr_expect_not_null(p);
    release(p);
}

/* Refused: the old block is whole and still known. */
static void
expect_refusal(char *p, size_t old, size_t n)
{
    bool was_region = lazyzero_owns(p);

    errno = 0;
    cr_expect_null(lz_route_realloc(p, n));
    cr_expect_eq(errno, ENOMEM);
    cr_expect_null(lz_route_rallocx(p, n, 0));
    cr_expect_null(lz_route_rallocx(p, n, LZ_MALLOCX_ZERO));
    cr_expect_eq(lazyzero_owns(p), was_region);
    cr_expect_geq(usable(p), old);
    cr_expect(has_pattern(p, old, 9));
    errno = ERRNO_MARK;
    release(p);
}

Test(route_resize, impossible_sizes_leave_the_block)
{
    static const size_t huge[] = {TOO_LARGE - 4096, TOO_LARGE,
                                  LZ_SIZE_LIMIT + 1, SIZE_MAX - 4095, SIZE_MAX};

    for (size_t i = 0; i < sizeof(huge) / sizeof(huge[0]); i++) {
        expect_refusal(make(100), 100, huge[i]);
        expect_refusal(make(THRESHOLD - 1), THRESHOLD - 1, huge[i]);
        expect_refusal(make(5 * THRESHOLD), 5 * THRESHOLD, huge[i]);
        expect_refusal(make_refused(2 * THRESHOLD), 2 * THRESHOLD, huge[i]);
    }
}

/* What was not mapped before is fresh, and is not written where nobody asks. */
Test(route_resize, growth_far_beyond_its_mapping_stays_untouched, NEEDS_LINUX)
{
    const size_t n = 3 * THRESHOLD,
                 far = IS_WIDE ? 4096 * LZ_MIB : 256 * LZ_MIB;
    char *p = lz_route_rallocx(make(10), n, LZ_MALLOCX_ZERO), *q;
    size_t kept;

    lz_options.oracle = LZ_ORACLE_MEMSET;
    /* All that is mapped for it is dirty; then it is shorter again. */
    p = lz_route_rallocx(p, n + LZ_MIB, 0);
    memset(p, 0xA5, usable(p));
    p = lz_route_rallocx(p, n, 0);
    kept = usable(p);
    q = lz_route_rallocx(p, far, LZ_MALLOCX_ZERO);
    cr_assert_not_null(q);
    cr_expect(all_bytes_are(q, kept, 0xA5));
    cr_expect(all_resident_bytes_are(q + kept, usable(q) - kept, 0));
    cr_expect_leq(resident_pages(q, usable(q)),
                  (long)((n + 4 * LZ_MIB) / lz_os_page_size()));
    release(q);
}

Test(route_resize, nothing_left_at_all_leaves_the_block, NEEDS_POSIX)
{
    char *small = make(100), *large = make(5 * THRESHOLD);
    char *refused = make_refused(2 * THRESHOLD);

    fake_heap_refuses = true;
    refuse_regions();
    expect_refusal(small, 100, 300 * THRESHOLD);
    expect_refusal(large, 5 * THRESHOLD, 300 * THRESHOLD);
    expect_refusal(refused, 2 * THRESHOLD, 300 * THRESHOLD);
}

/* The threshold is high, so that jemalloc has nothing in stock for the copy. */
static void
start_with_high_threshold(void)
{
    lz_options.threshold = 64 * LZ_MIB;
    route_start();
}

Test(route_resize, a_shrink_needs_no_second_block,
     .init = start_with_high_threshold)
{
    char *p = make(64 * LZ_MIB);

    fake_heap_refuses = true;
    cr_expect_eq((char *)lz_route_realloc(p, 20 * LZ_MIB), p);
    EXPECT_ERRNO_KEPT();
    cr_expect(lazyzero_owns(p));
    cr_expect_eq(usable(p), 20 * LZ_MIB);
    cr_expect(has_pattern(p, 20 * LZ_MIB, 9));
    errno = ERRNO_MARK;
    release(p);
}

Test(route_resize, a_move_that_fails_becomes_a_copy, NEEDS_KERNEL)
{
    static const int errors[] = {EFAULT, ENOMEM, EPERM, ENOSYS};

    /* What is kept would be cut in two, and its end make room to grow into. */
    lz_options.retain = 0;
    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
        fake_os.move_error = errors[i];
        release(
            expect_realloc(make(3 * THRESHOLD), 3 * THRESHOLD, 30 * THRESHOLD));
    }
    cr_expect_eq(lz_stats.resized_by_copy, 4);
    cr_expect_eq(lz_stats.resized_by_move, 0);
    expect_no_leak();
}

Test(route_resize, a_split_mapping_is_copied, NEEDS_POSIX)
{
    char *p = make(3 * THRESHOLD);

    cr_assert_eq(mprotect(p + 4096, 4096, PROT_READ), 0);
    p = expect_realloc(p, 3 * THRESHOLD, 30 * THRESHOLD);
    p[4096] = 1;
    release(p);
}

Test(route_resize, growth_without_a_target_is_served_by_jemalloc, NEEDS_KERNEL)
{
    char *p = make(3 * THRESHOLD);

    refuse_regions();
    p = lz_route_realloc(p, 30 * THRESHOLD);
    EXPECT_ERRNO_KEPT();
    cr_assert_not_null(p);
    cr_expect_not(lazyzero_owns(p));
    cr_expect(has_pattern(p, 3 * THRESHOLD, 9));
    release(p);
}

Test(route_resize, statistics, NEEDS_LINUX)
{
    char *p = make(3 * THRESHOLD);

    p = lz_route_realloc(p, 2 * THRESHOLD);
    cr_expect_eq(lz_stats.resized_in_place, 1);
    p = lz_route_realloc(p, 40 * THRESHOLD);
    cr_expect_eq(lz_stats.resized_by_move, 1);
    p = lz_route_realloc(p, 100);
    cr_expect_eq(lz_stats.resized_by_copy, 1);
    p = lz_route_realloc(p, THRESHOLD);
    cr_expect_eq(lz_stats.resized_by_copy, 2);
    cr_expect_eq(lz_stats.resized_in_place, 1);
    cr_expect_eq(lz_stats.resized_by_move, 1);
    cr_expect_eq(lz_stats.bytes_allocated, 4 * THRESHOLD);
}
