/* SPDX-License-Identifier: MIT */
#include "control/stats.h"

#include "support.h"

Test(stats, all_are_zero_at_first)
{
    cr_expect(all_bytes_are(&lz_stats, sizeof(lz_stats), 0));
}

Test(stats, adding)
{
    LZ_STAT_ADD(bytes_allocated, 5);
    LZ_STAT_ADD(bytes_allocated, LZ_MIB);
    LZ_STAT_ADD(regions_freed, 1);
    cr_expect_eq(lz_stats.bytes_allocated, LZ_MIB + 5);
    cr_expect_eq(lz_stats.regions_freed, 1);
    cr_expect_eq(lz_stats.regions_allocated, 0);
}

Test(stats, requests_by_size)
{
    LZ_STAT_REQUEST(requests_malloc, 0);
    LZ_STAT_REQUEST(requests_malloc, 1);
    LZ_STAT_REQUEST(requests_malloc, LZ_MIB - 1);
    LZ_STAT_REQUEST(requests_malloc, LZ_MIB);
    LZ_STAT_REQUEST(requests_malloc, 2 * LZ_MIB - 1);
    LZ_STAT_REQUEST(requests_malloc, SIZE_MAX);
    cr_expect_eq(lz_stats.requests_malloc[0], 2);
    cr_expect_eq(lz_stats.requests_malloc[19], 1);
    cr_expect_eq(lz_stats.requests_malloc[20], 2);
    cr_expect_eq(lz_stats.requests_malloc[8 * sizeof(size_t) - 1], 1);
    cr_expect_eq(lz_stats.requests_calloc[20], 0);
}

Test(stats, a_gauge_has_a_peak)
{
    struct lz_stat_gauge gauge = {0, 0};

    lz_stats_change(&gauge, 100);
    lz_stats_change(&gauge, -30);
    lz_stats_change(&gauge, 20);
    cr_expect_eq(gauge.now, 90);
    cr_expect_eq(gauge.peak, 100);
    lz_stats_set(&gauge, 40);
    cr_expect_eq(gauge.now, 40);
    cr_expect_eq(gauge.peak, 100);
    lz_stats_set(&gauge, 101);
    cr_expect_eq(gauge.peak, 101);
}

Test(stats, a_fork_child_counts_from_zero_and_keeps_what_is)
{
    LZ_STAT_ADD(refused, 3);
    LZ_STAT_REQUEST(requests_calloc, LZ_MIB);
    lz_stats_change(&lz_stats.live_bytes, 100);
    lz_stats_change(&lz_stats.live_bytes, -40);
    lz_stats_fork_child();
    cr_expect_eq(lz_stats.live_bytes.now, 60);
    cr_expect_eq(lz_stats.live_bytes.peak, 60);
    lz_stats.live_bytes = (struct lz_stat_gauge){0, 0};
    cr_expect(all_bytes_are(&lz_stats, sizeof(lz_stats), 0));
}

static void
rise_and_fall(unsigned number)
{
    for (int i = 0; i < 20000; i++) {
        lz_stats_change(&lz_stats.live_bytes, (intmax_t)number + 1);
        lz_stats_change(&lz_stats.live_bytes, -(intmax_t)number - 1);
    }
}

Test(stats, a_gauge_of_many_threads)
{
    run_threads(4, rise_and_fall);
    cr_expect_eq(lz_stats.live_bytes.now, 0);
    cr_expect_geq(lz_stats.live_bytes.peak, 4);
    cr_expect_leq(lz_stats.live_bytes.peak, 1 + 2 + 3 + 4);
}

#define ADDITIONS 100000

static void
add_many(unsigned number)
{
    for (unsigned i = 0; i < ADDITIONS; i++)
        LZ_STAT_ADD(refused, number);
}

Test(stats, no_addition_of_a_thread_is_lost)
{
    run_threads(4, add_many);
    cr_expect_eq(lz_stats.refused, (0 + 1 + 2 + 3) * ADDITIONS);
}
