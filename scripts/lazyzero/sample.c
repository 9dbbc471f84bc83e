/* SPDX-License-Identifier: MIT */
#include "sample.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "say.h"

/* Enough for two digits of the bounds. */
enum { DRAWS = 2000 };

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

/* splitmix64 (Steele, Lea and Flood 2014): from one seed the same numbers. */
static uint64_t
next_random(uint64_t *state)
{
    uint64_t x = *state += 0x9e3779b97f4a7c15;

    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
    x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
    return x ^ (x >> 31);
}

/* Of values that were drawn so many times each, the one at that place. */
static double
value_at(const double *in_order, const int *times, int place)
{
    int i = 0;

    for (int sum = times[0]; sum <= place; sum += times[i])
        i++;
    return in_order[i];
}

/* Of as many values as there are, drawn with replacement. */
static double
median_of_draw(const double *in_order, int *times, int count, uint64_t *state)
{
    memset(times, 0, sizeof(*times) * (size_t)count);
    for (int i = 0; i < count; i++)
        times[((next_random(state) >> 32) * (uint64_t)count) >> 32]++;
    return (value_at(in_order, times, (count - 1) / 2) +
            value_at(in_order, times, count / 2)) /
           2;
}

static struct sample_range
bootstrap(const double *in_order, int count)
{
    double medians[DRAWS];
    int *times = say_got(malloc(sizeof(*times) * (size_t)count));
    uint64_t state = 1;

    for (int i = 0; i < DRAWS; i++)
        medians[i] = median_of_draw(in_order, times, count, &state);
    free(times);
    return (struct sample_range){quantile(medians, DRAWS, 0.025),
                                 quantile(medians, DRAWS, 0.975)};
}

struct sample_range
sample_bounds(const double *values, int count)
{
    double *in_order = sorted(values, count);
    struct sample_range range = {0, 0};

    if (count >= SAMPLE_LEAST)
        range = bootstrap(in_order, count);
    else if (count > 0)
        range = (struct sample_range){in_order[0], in_order[count - 1]};
    free(in_order);
    return range;
}
