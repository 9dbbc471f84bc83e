/* SPDX-License-Identifier: MIT */
/* What `lazyzero top` knows of the processes, and how it shows them. */
#ifndef TOP_H
#define TOP_H

#include <stdbool.h>

#include "control/view.h" /* the library's */
#include "counters.h"
#include "target.h"
#include "target_blocks.h"

/* A process, at the last look and the one before. */
struct top_process {
    struct target target;
    struct lz_view_process now, before;
    double at, seconds; /* of the last look; since the one before, 0: none */
    double resident;    /* bytes */
    /* Of the only process that is looked at, its largest blocks. */
    struct target_block blocks[TARGET_BLOCKS];
    size_t block_count;
};

struct top {
    struct top_process *processes;
    size_t count;
    size_t forbidden; /* that may not be read */
};

/*
 * Another look at a process, which is looked for where it was not found yet, or
 * is another program by now. The first look at it has nothing before it.
 */
enum target_state top_look(struct top_process *process, pid_t pid);

/* The same at all processes that there are; they are kept for the next look. */
void top_look_at_all(void);

/* Those of them that have the library, in order. The caller's memory. */
struct top top_collect(void);

/* "live", "faults", ...: the order from now on. Stops where there is none such.
 */
void top_sort_by(const char *order);

/* All that a process did. */
struct counters top_counters(const struct lz_view_process *process);

/* Of the row, what rose in a second; -1: that is not known yet. */
double top_rate(const struct top_process *process, size_t row);

/* One process with all its numbers; or a row for each. */
void top_draw_one(const struct top_process *process);
void top_draw_all(const struct top *top);

/* A line of JSON. */
void top_print_json(const struct top *top);

#endif
