/* SPDX-License-Identifier: MIT */
#include "sample.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "say.h"

static int
compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double *
sorted(const double *values, int count)
{
    double *copy = say_got(malloc(sizeof(*copy) * (size_t)(count + 1)));

    memcpy(copy, values, sizeof(*copy) * (size_t)count);
    qsort(copy, (size_t)count, sizeof(*copy), compare_doubles);
    return copy;
}

/* By linear interpolation. */
static double
quantile(const double *values, int count, double share)
{
    double *in_order, place = share * (count - 1), value;
    int below = (int)place;

    if (count == 0)
        return 0;
    in_order = sorted(values, count);
    value = in_order[below];
    if (below + 1 < count)
        value += (place - below) * (in_order[below + 1] - in_order[below]);
    free(in_order);
    return value;
}

double
sample_median(const double *values, int count)
{
    return quantile(values, count, 0.5);
}

double
sample_spread(const double *values, int count)
{
    return (quantile(values, count, 0.75) - quantile(values, count, 0.25)) / 2;
}

/* How many values at each end may be left out: P(fewer below) <= 2.5 %. */
static int
trimmed(int count)
{
    double ways = pow(0.5, count), sum = ways;
    int k = 0;

    while (sum <= 0.025 && k < count / 2) {
        k++;
        ways = ways * (count - k + 1) / k;
        sum += ways;
    }
    return k > 0 ? k - 1 : 0;
}

struct sample_range
sample_interval(const double *values, int count)
{
    double *in_order = sorted(values, count);
    int k = trimmed(count);
    struct sample_range range = {0, 0};

    if (count > 0)
        range = (struct sample_range){in_order[k], in_order[count - 1 - k]};
    free(in_order);
    return range;
}
