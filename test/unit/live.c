/* SPDX-License-Identifier: MIT */
/* LAZYZERO_CHECK's record of what is a block. */
#include "heap/live.h"

#include "fake_os.h"

WRAPPED(void, lz_os_write_error, const char *text, size_t length);
WRAPPED(void, lz_os_keep_out_of_dumps, void *start, size_t length);

static char said[512];
static size_t kept_out; /* how often */

void
__wrap_lz_os_write_error(const char *text, size_t length)
{
    memcpy(said, text, length < sizeof(said) ? length : sizeof(said) - 1);
}

void
__wrap_lz_os_keep_out_of_dumps(void *start, size_t length)
{
    kept_out++;
    __real_lz_os_keep_out_of_dumps(start, length);
}

TestSuite(live, .init = fake_os_reset);

static char *const block = (char *)((uintptr_t)123 << 21);

Test(live, off_knows_nothing_and_stops_nothing)
{
    lz_live_start(false);
    cr_expect_eq(lz_live_mode, LZ_LIVE_OFF);
    cr_expect_eq(lz_live_add(block), block);
    cr_expect(lz_live_has(block + 8));
    cr_expect(lz_live_remove(block));
    cr_expect(lz_live_remove(block));
    cr_expect_eq(fake_os.maps, 0);
}

Test(live, a_block_is_live_from_add_to_remove_and_no_other_address_is)
{
    lz_live_start(true);
    lz_live_add(block);
    cr_expect(lz_live_has(block));
    for (int i = 1; i < 200; i++) {
        cr_expect_not(lz_live_has(block + i), "%d", i);
        cr_expect_not(lz_live_has(block - i), "%d", i);
    }
    cr_expect(lz_live_remove(block));
    cr_expect_not(lz_live_has(block));
    cr_expect_not(lz_live_remove(block), "twice");
}

/* A dump would have all of it, empty or not. */
Test(live, nothing_of_the_record_is_in_core_dumps)
{
    lz_live_start(true);
    lz_live_add(block);
    cr_expect_gt(fake_os.maps, 1);
    cr_expect_eq(kept_out, fake_os.maps);
}

Test(live, neighbours_of_8_bytes_are_told_apart)
{
    lz_live_start(true);
    for (size_t i = 0; i < 1000; i += 2)
        lz_live_add(block + 8 * i);
    for (size_t i = 0; i < 1000; i++)
        cr_expect_eq(lz_live_has(block + 8 * i), i % 2 == 0);
    for (size_t i = 0; i < 1000; i++)
        cr_expect_eq(lz_live_remove(block + 8 * i), i % 2 == 0);
}

Test(live, null_is_no_block_and_adds_none)
{
    lz_live_start(true);
    cr_expect_null(lz_live_add(NULL));
    cr_expect_not(lz_live_has(NULL));
}

#if UINTPTR_MAX > 0xffffffffu
Test(live, the_last_address_is_covered_and_beyond_nothing_is_claimed)
{
    char *last = (char *)(((uintptr_t)1 << 47) * 2 - 8), *beyond = last + 8;

    lz_live_start(true);
    lz_live_add(last);
    cr_expect(lz_live_remove(last));
    lz_live_add(beyond);
    cr_expect(lz_live_has(beyond));
    cr_expect(lz_live_remove(beyond));
}
#endif

Test(live, blocks_from_before_the_start_are_known)
{
    lz_live_add(block);
    lz_live_add(block + 64);
    cr_expect(lz_live_remove(block + 64));
    lz_live_start(true);
    cr_expect(lz_live_has(block));
    cr_expect_not(lz_live_has(block + 64));
}

Test(live, too_many_before_the_start_and_one_line_says_so)
{
    for (size_t i = 0; i < 1000; i++)
        lz_live_add(block + 8 * i);
    lz_live_start(true);
    cr_expect_eq(lz_live_mode, LZ_LIVE_OFF);
    cr_expect_str_eq(said, "liblazyzero: LAZYZERO_CHECK: the program allocated "
                           "too much before the library started; small blocks "
                           "are not checked\n");
}

Test(live, no_address_space_and_one_line_says_so)
{
    fake_os.refuse = true;
    lz_live_start(true);
    cr_expect_eq(lz_live_mode, LZ_LIVE_OFF);
    cr_expect_str_eq(said,
                     "liblazyzero: LAZYZERO_CHECK: the system refuses the "
                     "address space; small blocks are not checked\n");
}

Test(live, no_address_space_later_and_one_line_says_so)
{
    lz_live_start(true);
    lz_live_add(block);
    fake_os.refuse = true;
    lz_live_add(block + ((size_t)1 << 26));
    cr_expect_eq(lz_live_mode, LZ_LIVE_OFF);
    cr_expect(lz_live_remove(block + ((size_t)1 << 26)));
    cr_expect_str_eq(said,
                     "liblazyzero: LAZYZERO_CHECK: the system refuses the "
                     "address space; small blocks are not checked\n");
}

/* An address that was never noted costs nothing. */
Test(live, what_is_mapped_grows_with_the_blocks)
{
    const size_t granule = (size_t)1 << 21;
    size_t maps;

    lz_live_start(true);
    maps = fake_os.maps;
    cr_expect_not(lz_live_has(block));
    cr_expect_eq(fake_os.maps, maps);
    for (size_t i = 0; i < 50; i++)
        lz_live_add(block + i * granule);
    cr_expect_leq(fake_os.maps, maps + 52);
    cr_expect_geq(fake_os.maps, maps + 50);
    cr_expect_eq(fake_os.region_maps, 0);
}

static unsigned removed; /* atomic */

static void
race(unsigned number)
{
    (void)number;
    for (size_t i = 0; i < 10000; i++) {
        if (lz_live_remove(block + 8 * i))
            __atomic_fetch_add(&removed, 1, __ATOMIC_RELAXED);
    }
}

Test(live, of_threads_that_remove_one_block_one_wins)
{
    lz_live_start(true);
    for (size_t i = 0; i < 10000; i++)
        lz_live_add(block + 8 * i);
    run_threads(4, race);
    cr_expect_eq(removed, 10000);
}

static void
add_and_remove(unsigned number)
{
    for (size_t i = 0; i < 2000; i++) {
        char *p = block + (i << 20) + 8 * number;

        lz_live_add(p);
        if (lz_live_remove(p))
            __atomic_fetch_add(&removed, 1, __ATOMIC_RELAXED);
    }
}

Test(live, of_threads_that_need_one_piece_none_loses_a_block)
{
    lz_live_start(true);
    run_threads(4, add_and_remove);
    cr_expect_eq(removed, 4 * 2000);
}
