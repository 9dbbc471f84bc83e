/* SPDX-License-Identifier: MIT */
/* What `lazyzero top` knows of the processes, and how it shows them. */
#ifndef TOP_H
#define TOP_H

#include <stdbool.h>

#include "counters.h"
#include "target.h"
#include "view.h" /* the library's */

/* A process, at the last look and the one before. */
struct top_process {
    struct target target;
    struct lz_view_process now, before;
    double at, seconds; /* of the last look; since the one before, 0: none */
    double resident;    /* bytes */
};

struct top {
    struct top_process *processes;
    size_t count;
    size_t forbidden; /* that may not be read */
};

/* Of the row, what rose in a second; -1: that is not known yet. */
double top_rate(const struct top_process *process, size_t row);

/* One process with all its numbers; or a row for each. */
void top_draw_one(const struct top_process *process);
void top_draw_all(const struct top *top);

/* A line of JSON. */
void top_print_json(const struct top *top);

#endif
