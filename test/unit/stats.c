/* SPDX-License-Identifier: MIT */
#include "stats.h"

#include "support.h"

enum {
#define LZ_STAT(name, unit, description) COUNTED_##name,
#include "stats.def"
#undef LZ_STAT
    STAT_COUNT
};

Test(stats, all_are_zero_at_first)
{
    cr_expect(all_bytes_are(&lz_stats, sizeof(lz_stats), 0));
    cr_expect_eq(sizeof(lz_stats), STAT_COUNT * sizeof(uint64_t));
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

Test(stats, one_line_each_in_the_order_of_the_list)
{
    static char expected[1 << 14];
    size_t value = SIZE_MAX / 2, used = 0;

    /* All different, so that two that are swapped show. */
#define LZ_STAT(name, unit, description)                                     \
    lz_stats.name = value += 7;                                              \
    used += (size_t)snprintf(expected + used, sizeof(expected) - used,       \
                             "liblazyzero: %s %zu (%s: %s)\n", #name, value, \
                             unit, description);
#include "stats.def"
#undef LZ_STAT
    capture_stderr();
    errno = ERRNO_MARK;
    lz_stats_print();
    EXPECT_ERRNO_KEPT();
    cr_expect_lt(used, sizeof(expected));
    cr_expect_str_eq(captured_stderr(), expected);
}
