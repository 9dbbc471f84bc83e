/* SPDX-License-Identifier: MIT */
/*
 * Statistics over the figures of several rounds. No function changes its
 * argument.
 */
#ifndef SAMPLE_H
#define SAMPLE_H

struct sample_range {
    double low, high;
};

double sample_median(const double *values, int count);

/* Half the distance between the quartiles. */
double sample_spread(const double *values, int count);

/* From fewer values no bounds can be drawn. */
enum { SAMPLE_LEAST = 6 };

/*
 * Bounds of the median: the 2.5 and 97.5 percentiles of the medians of values
 * that are drawn from these (percentile bootstrap). The same values, in any
 * order, give the same bounds. Of fewer than SAMPLE_LEAST values: the smallest
 * and the largest.
 */
struct sample_range sample_bounds(const double *values, int count);

#endif
