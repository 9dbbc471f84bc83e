/* SPDX-License-Identifier: MIT */
/*
 * LAZYZERO_GUARD where the system refuses, and LAZYZERO_ZERO_ON_FREE where the
 * block is not ours any more. (What a program sees: program/guard.)
 */
#include "control/options.h"
#include "control/stats.h"
#include "fake_os.h"
#include "large/index.h"
#include "large/pool.h"
#include "large/region.h"
#include "region_block.h"

WRAPPED(int, lz_os_protect, void *start, size_t length);
WRAPPED(bool, lz_os_make_plain, char *start, size_t length);

static int protect_after; /* calls that pass before they fail; -1: all */
static bool is_odd;

int
__wrap_lz_os_protect(void *start, size_t length)
{
    if (protect_after == 0)
        return ENOMEM;
    if (protect_after > 0)
        protect_after--;
    return __real_lz_os_protect(start, length);
}

bool
__wrap_lz_os_make_plain(char *start, size_t length)
{
    return !is_odd && __real_lz_os_make_plain(start, length);
}

static void
reset(void)
{
    void *p = region_block(1, 1, false);

    lz_region_free(lz_region_find(p));
    lz_region_release_all();
    fake_os_reset();
    protect_after = -1;
    lz_options.guard = true;
}

TestSuite(region_guard, .init = reset);

Test(region_guard, a_block_that_cannot_be_guarded_is_refused_and_nothing_leaks)
{
    for (int pass = 0; pass < 2; pass++) {
        protect_after = pass;
        cr_expect_null(region_block(LZ_MIB, 1, true));
        cr_expect_eq(fake_os.region_bytes, 0);
    }
}

Test(region_guard, a_block_that_cannot_be_closed_is_unmapped)
{
    char *p = region_block(LZ_MIB, 1, true);

    protect_after = 0;
    cr_expect(lz_region_free(lz_region_find(p)));
    cr_expect_null(lz_region_find(p));
    cr_expect_eq(fake_os.region_bytes, 0);
}

Test(region_guard, a_freed_block_stays_and_is_not_handed_out, NEEDS_KERNEL)
{
    char *p = region_block(LZ_MIB, 1, true), *q;

    memset(p, 1, LZ_MIB);
    cr_expect(lz_region_free(lz_region_find(p)));
    cr_expect_gt(fake_os.region_bytes, 0);
    cr_expect_eq(resident_pages(p, LZ_MIB), 0, "contents");
    cr_expect_not(lz_region_prepare(), "nothing to clean");
    q = region_block(LZ_MIB, 1, true);
    cr_expect_neq(lz_round_down((uintptr_t)p, LZ_INDEX_GRANULE),
                  lz_round_down((uintptr_t)q, LZ_INDEX_GRANULE));
    cr_expect(lz_region_free(lz_region_find(q)));
    lz_region_release_all();
    cr_expect_eq(fake_os.region_bytes, 0);
}

Test(region_guard, a_block_never_grows_in_place_and_shrinks_if_it_can)
{
    char *p = region_block(4 * LZ_MIB, 1, true);
    struct lz_region *region = lz_region_find(p);

    cr_expect_eq(lz_region_capacity(region), 4 * LZ_MIB);
    cr_expect_not(lz_region_resize(region, 4 * LZ_MIB + 1));
    cr_expect_null(lz_region_grow(region, 8 * LZ_MIB, 1));
    fake_os.discards = 0;
    cr_expect(lz_region_resize(region, 4 * LZ_MIB));
    cr_expect_eq(fake_os.discards, 0);
    cr_expect(lz_region_resize(region, 3 * LZ_MIB));
    cr_expect_eq(lz_region_usable(region), 3 * LZ_MIB);
    cr_expect_eq(fake_os.discards, 1);
    cr_expect_eq(fake_os.discarded, p + 3 * LZ_MIB);
    cr_expect_eq(fake_os.discarded_length, LZ_MIB);
    protect_after = 0;
    cr_expect(lz_region_resize(region, 2 * LZ_MIB));
    cr_expect_eq(lz_region_usable(region), 3 * LZ_MIB, "still all there");
    memset(p, 1, 3 * LZ_MIB);
}

Test(region_guard, every_alignment_has_its_guard)
{
    for (size_t align = 1; align <= 64 * LZ_MIB; align *= 2) {
        char *p = region_block(LZ_MIB, align, true);
        struct lz_region *region = lz_region_find(p);

        cr_assert_not_null(region, "%zu", align);
        cr_expect_eq((uintptr_t)p & (align - 1), 0);
        memset(p, 1, lz_region_usable(region));
        cr_expect(lz_region_free(region));
    }
    lz_region_release_all();
    cr_expect_eq(fake_os.region_bytes, 0);
    cr_expect_null(region_block(LZ_MIB, LZ_SIZE_LIMIT / 2 + 1, true));
}

Test(region_guard, zero_on_free_keeps_the_block_warm_and_zero)
{
    char *p;

    lz_options.guard = false;
    lz_options.zero_on_free = true;
    p = region_block(4 * LZ_MIB, 1, true);
    memset(p, 0xA5, 4 * LZ_MIB);
    cr_expect(lz_region_free(lz_region_find(p)));
    cr_expect(all_bytes_are(p, 4 * LZ_MIB, 0));
}

Test(region_guard, zero_on_free_unmaps_what_is_not_ours_any_more)
{
    char *p;

    lz_options.guard = false;
    lz_options.zero_on_free = true;
    p = region_block(4 * LZ_MIB, 1, true);
    is_odd = true;
    cr_expect(lz_region_free(lz_region_find(p)));
    cr_expect_eq(fake_os.region_bytes, 0);
}

/* As many bytes as the pool would have to unmap again are not written first. */
Test(region_guard, zero_on_free_unmaps_what_the_pool_would_not_keep)
{
    char *p;

    lz_options.guard = false;
    lz_options.zero_on_free = true;
    lz_options.retain = 8 * LZ_MIB;
    p = region_block(20 * LZ_MIB, 1, true);
    memset(p, 0xA5, 20 * LZ_MIB);
    cr_expect(lz_region_free(lz_region_find(p)));
    cr_expect_eq(fake_os.region_bytes, 0);
    cr_expect_eq(lz_stats.bytes_zeroed, 0);
}
