/* SPDX-License-Identifier: MIT */
/* The statistics of `lazyzero compare`, on values whose answers are known. */
#include "sample.h"

#include <criterion/criterion.h>
#include <string.h>

enum { MOST = 101 };

/* 0, 1, ... in a mixed order: `step` and the count have no common divisor. */
static void
fill(double *values, int count, int step)
{
    for (int i = 0; i < count; i++)
        values[i] = (double)(i * step % count);
}

static void
expect_bounds(const double *values, int count, double low, double high)
{
    struct sample_range range = sample_bounds(values, count);

    cr_expect_eq(range.low, low, "low: %g, not %g", range.low, low);
    cr_expect_eq(range.high, high, "high: %g, not %g", range.high, high);
}

Test(sample, medians)
{
    const double odd[] = {5, 1, 3}, even[] = {4, 1, 2, 100};

    cr_expect_eq(sample_median(odd, 3), 3);
    cr_expect_eq(sample_median(even, 4), 3);
    cr_expect_eq(sample_spread(odd, 3), 1);
}

/*
 * The median of seven values that were drawn is at most the second smallest
 * with probability 0.108, and at most the smallest with 0.010 (binomial): the
 * 2.5 percentile is the second, and the 97.5 percentile the sixth.
 */
Test(sample, bounds_of_seven)
{
    double values[7];

    fill(values, 7, 3);
    expect_bounds(values, 7, 1, 5);
    values[2] = 1e9; /* the largest, which was 6 */
    expect_bounds(values, 7, 1, 5);
}

/* The same for 101 values: 0.017 at the 40th, 0.028 at the 41st. */
Test(sample, bounds_of_many)
{
    double values[MOST];
    struct sample_range range;

    fill(values, MOST, 7);
    range = sample_bounds(values, MOST);
    cr_expect(range.low >= 39 && range.low <= 41, "%g", range.low);
    cr_expect(range.high >= 59 && range.high <= 61, "%g", range.high);
}

Test(sample, bounds_of_an_even_number_lie_between_values)
{
    const double values[] = {0, 0, 0, 1, 1, 1};

    expect_bounds(values, 6, 0, 1);
}

Test(sample, the_order_of_values_makes_no_difference)
{
    double values[MOST], same[MOST], mixed[MOST];
    struct sample_range range;

    fill(values, MOST, 7);
    fill(mixed, MOST, 3);
    memcpy(same, values, sizeof(same));
    range = sample_bounds(values, MOST);
    expect_bounds(values, MOST, range.low, range.high);
    expect_bounds(mixed, MOST, range.low, range.high);
    cr_expect_eq(memcmp(values, same, sizeof(same)), 0);
}

Test(sample, few_values_have_no_bounds_but_their_own)
{
    const double values[] = {3, 9, 1, 2, 8};

    expect_bounds(values, 5, 1, 9);
    expect_bounds(values, 1, 3, 3);
    expect_bounds(values, 0, 0, 0);
}

Test(sample, equal_values_have_no_width)
{
    const double values[] = {2, 2, 2, 2, 2, 2, 2, 2};

    expect_bounds(values, 8, 2, 2);
}
