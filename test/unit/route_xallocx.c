/* SPDX-License-Identifier: MIT */
/* xallocx: in place or not at all. */
#include "route_fixture.h"

TestSuite(route_xallocx, .init = route_start);

/* As jemalloc(3): at least n, if possible n + extra, never elsewhere. */
static void
expect_xallocx(char *p, size_t n, size_t extra, size_t result)
{
    cr_expect_eq(lz_route_xallocx(p, n, extra, 0), result, "%zu + %zu", n,
                 extra);
    EXPECT_ERRNO_KEPT();
    cr_expect_eq(usable(p), result);
    cr_expect(lazyzero_owns(p));
}

Test(route_xallocx, of_a_region)
{
    char *p = make(20 * THRESHOLD);
    size_t capacity = lz_route_xallocx(p, 1, SIZE_MAX - 1, 0);

    cr_expect_geq(capacity, 20 * THRESHOLD);
    expect_xallocx(p, 20 * THRESHOLD, 0, 20 * THRESHOLD);
    expect_xallocx(p, 20 * THRESHOLD, 1, 20 * THRESHOLD + 4096);
    expect_xallocx(p, capacity, SIZE_MAX - capacity, capacity);
    expect_xallocx(p, 20 * THRESHOLD, SIZE_MAX, capacity);
    expect_xallocx(p, capacity + 1, 0, capacity);
    expect_xallocx(p, SIZE_MAX, 0, capacity);
    expect_xallocx(p, 15 * THRESHOLD, 0, 15 * THRESHOLD);
    cr_expect(has_pattern(p, 15 * THRESHOLD, 9));
    expect_xallocx(p, 10, 0, 4096);
    cr_expect(has_pattern(p, 4096, 9));
    release(p);
    expect_no_leak();
}

Test(route_xallocx, does_not_realign)
{
    char *p = make(20 * THRESHOLD);
    int flags = lz_backend_flags(SIZE_MAX / 4 + 1, false);

    cr_expect_eq(lz_route_xallocx(p, 19 * THRESHOLD, 0, flags), 20 * THRESHOLD);
    cr_expect_eq(usable(p), 20 * THRESHOLD);
    release(p);
}

static void
expect_xallocx_zeroes(size_t less)
{
    char *p = lz_route_mallocx(20 * THRESHOLD, 0);
    size_t capacity = lz_route_xallocx(p, 20 * THRESHOLD, THRESHOLD, 0), grown;

    memset(p, 0xA5, capacity);
    lz_route_xallocx(p, less, 0, 0);
    less = usable(p);
    grown = lz_route_xallocx(p, less, SIZE_MAX - less, LZ_MALLOCX_ZERO);
    EXPECT_ERRNO_KEPT();
    cr_expect_eq(grown, usable(p));
    cr_expect(all_bytes_are(p, less, 0xA5));
    cr_expect(all_bytes_are(p + less, grown - less, 0), "from %zu", less);
    release(p);
}

Test(route_xallocx, zeroes_what_it_adds)
{
    expect_xallocx_zeroes(19 * THRESHOLD + 5);
    expect_xallocx_zeroes(11 * THRESHOLD);
    expect_xallocx_zeroes(9 * THRESHOLD);
    expect_xallocx_zeroes(THRESHOLD);
    expect_xallocx_zeroes(1);
    fake_os.unmap_error = ENOMEM;
    expect_xallocx_zeroes(9 * THRESHOLD);
    expect_xallocx_zeroes(1);
}

/* What is given up would keep what it holds. */
Test(route_xallocx, under_zero_on_free_nothing_shrinks_in_place)
{
    char *p = make_refused(3 * THRESHOLD);
    size_t before = usable(p);

    lz_options.zero_on_free = true;
    cr_expect_eq(lz_route_xallocx(p, THRESHOLD, 0, 0), before);
    EXPECT_ERRNO_KEPT();
    release(p);
}

Test(route_xallocx, of_jemallocs_blocks)
{
    char *small = make(100), *large = make_refused(3 * THRESHOLD);

    cr_expect_eq(lz_route_xallocx(small, 100, 0, 0), usable(small));
    cr_expect_eq(lz_route_xallocx(small, 100000, 0, 0), usable(small));
    cr_expect_geq(lz_route_xallocx(large, 3 * THRESHOLD, 0, 0), 3 * THRESHOLD);
    cr_expect_lt(lz_route_xallocx(large, THRESHOLD, 0, 0), 2 * THRESHOLD);
    EXPECT_ERRNO_KEPT();
    cr_expect(has_pattern(large, THRESHOLD, 9));
    release(small);
    release(large);
}
