/* SPDX-License-Identifier: MIT */
/* The bytes in large blocks over time, from a trace. */
#ifndef TRACE_CURVE_H
#define TRACE_CURVE_H

#include <stddef.h>
#include <stdio.h>

struct trace_curve {
    size_t calls; /* lines that are calls */
    double most;  /* bytes that were usable at once */
    struct trace_step *steps;
    size_t count;
};

/* At `time` seconds the bytes in use change by so much. */
struct trace_step {
    double time, asked, touched;
};

/* Without a file: nothing. The steps are in the order of time. */
struct trace_curve trace_curve_read(const char *csv);

/* Lines of time, asked and touched, in MiB, for gnuplot. */
void trace_curve_put(FILE *out, const struct trace_curve *curve);

#endif
