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

/*
 * The true median lies between these with at least 95 % confidence (order
 * statistics, no distribution assumed). With fewer than 6 values: the smallest
 * and the largest.
 */
struct sample_range sample_interval(const double *values, int count);

#endif
