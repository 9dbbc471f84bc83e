/* SPDX-License-Identifier: MIT */
/* What the figures of several rounds come to. None changes its argument. */
#ifndef SAMPLE_H
#define SAMPLE_H

struct sample_range {
    double low, high;
};

double sample_median(const double *values, int count);

/* Half the distance between the quartiles. */
double sample_spread(const double *values, int count);

/*
 * Between these the true median lies, with at least 95 % confidence (order
 * statistics, no distribution assumed); with fewer than 6 values the smallest
 * and the largest.
 */
struct sample_range sample_interval(const double *values, int count);

#endif
