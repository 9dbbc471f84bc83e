/* SPDX-License-Identifier: MIT */
/* rallocx: MALLOCX_ZERO and alignment, on top of what realloc does. */
#include "route_sizes.h"

TestSuite(route_rallocx, .init = route_start);

/* Dirties all that may be used, shrinks, and grows with zeroes. */
static void
expect_zeroed_growth(size_t most, size_t less, size_t n)
{
    char *p = lz_route_mallocx(most, 0);
    size_t kept;

    memset(p, 0xA5, usable(p));
    p = lz_route_rallocx(p, less, 0);
    kept = usable(p);
    memset(p, 0xA5, kept);
    p = lz_route_rallocx(p, n, LZ_MALLOCX_ZERO);
    EXPECT_ERRNO_KEPT();
    cr_assert_not_null(p);
    kept = smaller(kept, n);
    cr_expect(all_bytes_are(p, kept, 0xA5), "%zu %zu %zu", most, less, n);
    cr_expect(all_bytes_are(p + kept, n - kept, 0), "%zu %zu %zu", most, less,
              n);
    if (usable(p) > n && n > kept)
        cr_expect(all_bytes_are(p + n, usable(p) - n, 0));
    release(p);
}

Test(route_rallocx, zeroes_what_it_adds)
{
    for (size_t i = 0; i < SIZES; i++) {
        for (size_t j = 0; j <= i; j++) {
            for (size_t k = j; k < SIZES; k++)
                expect_zeroed_growth(sizes[i], sizes[j], sizes[k]);
        }
    }
}

/* The mapping stays whole: everything beyond the shrunk size is dirty. */
Test(route_rallocx, zeroes_slack_that_could_not_be_released)
{
    fake_os.unmap_error = ENOMEM;
    expect_zeroed_growth(20 * THRESHOLD, 15 * THRESHOLD, 20 * THRESHOLD);
    expect_zeroed_growth(20 * THRESHOLD, THRESHOLD, 19 * THRESHOLD);
    expect_zeroed_growth(20 * THRESHOLD, THRESHOLD / 2, 80 * THRESHOLD);
}

Test(route_rallocx, zeroes_a_copy_from_a_refused_block)
{
    char *p = make_refused(2 * THRESHOLD);
    size_t old = usable(p);

    memset(p, 0xA5, old);
    p = lz_route_rallocx(p, 7 * THRESHOLD, LZ_MALLOCX_ZERO);
    cr_expect(lazyzero_owns(p));
    cr_expect(all_bytes_are(p, old, 0xA5));
    cr_expect(all_bytes_are(p + old, usable(p) - old, 0));
    release(p);
}

/* jemalloc's memory has been used before. */
Test(route_rallocx, zeroes_a_copy_into_a_refused_block)
{
    char *p = make_refused(7 * THRESHOLD);
    size_t old;

    memset(p, 0xA5, usable(p));
    release(p);
    p = make(100);
    old = usable(p);
    refuse_regions();
    p = lz_route_rallocx(p, 7 * THRESHOLD, LZ_MALLOCX_ZERO);
    EXPECT_ERRNO_KEPT();
    cr_expect_not(lazyzero_owns(p));
    cr_expect(has_pattern(p, 100, 9));
    cr_expect(all_bytes_are(p + old, 7 * THRESHOLD - old, 0));
    release(p);
}

static void
expect_realigned(size_t old, size_t n, size_t align)
{
    char *p = make(old);

    p = lz_route_rallocx(p, n, lz_backend_flags(align, false));
    EXPECT_ERRNO_KEPT();
    cr_assert_not_null(p);
    cr_expect_eq((uintptr_t)p & (align - 1), 0, "%zu %zu %zu", old, n, align);
    cr_expect_geq(usable(p), n);
    cr_expect(has_pattern(p, smaller(old, n), 9));
    memset(p, 1, usable(p));
    release(p);
}

Test(route_rallocx, to_every_alignment, NEEDS_POSIX)
{
    for (size_t align = 1; align <= 64 * LZ_MIB; align *= 4) {
        expect_realigned(100, 4 * THRESHOLD, align);
        expect_realigned(4 * THRESHOLD, 100, align);
        expect_realigned(4 * THRESHOLD, 9 * THRESHOLD, align);
        expect_realigned(9 * THRESHOLD, 3 * THRESHOLD, align);
        expect_realigned(4 * THRESHOLD, 4 * THRESHOLD, align);
    }
    expect_no_leak();
}

static void
expect_room_for_all(void *from, size_t length, void *to, size_t to_length)
{
    (void)from;
    (void)to;
    cr_expect_leq(length, to_length);
}

/*
 * lz_os_move moves all of the source. Where it must cut off a tail first, as
 * mremap(2) does, a failure afterwards leaves less than the old block.
 */
Test(route_rallocx, a_smaller_block_elsewhere_is_not_moved_by_the_system)
{
    char *p = lz_route_allocate(32 * LZ_MIB, 64 * LZ_KIB, false);

    if ((uintptr_t)p % (64 * LZ_MIB) == 0)
        p = lz_route_allocate(32 * LZ_MIB, 64 * LZ_KIB, false);
    fill_pattern(p, 32 * LZ_MIB, 9);
    fake_os.on_move = expect_room_for_all;
    p = lz_route_rallocx(p, 8 * LZ_MIB, lz_backend_flags(64 * LZ_MIB, false));
    cr_assert_not_null(p);
    cr_expect(has_pattern(p, 8 * LZ_MIB, 9));
}

/* One mapping for the target; the move fails, and a copy has no room either. */
Test(route_rallocx, a_failed_move_without_room_for_a_copy_leaves_the_block,
     NEEDS_KERNEL)
{
    char *p = make(3 * THRESHOLD);

    refuse_regions();
    fake_os.refuse_after = 1;
    fake_os.move_error = EFAULT;
    fake_heap_refuses = true;
    cr_expect_null(lz_route_rallocx(p, 600 * THRESHOLD, 0));
    cr_expect_eq(fake_os.moves, 1);
    cr_expect(lazyzero_owns(p));
    cr_expect_eq(usable(p), 3 * THRESHOLD);
    cr_expect(has_pattern(p, 3 * THRESHOLD, 9));
    errno = ERRNO_MARK;
    release(p);
}
