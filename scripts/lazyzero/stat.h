/* SPDX-License-Identifier: MIT */
/* What `lazyzero stat` shows, as a table and as JSON. */
#ifndef STAT_H
#define STAT_H

#include <stdio.h>

#include "child.h"
#include "counters.h"

struct stat_report {
    char **program;
    struct child_result used;
    struct counters sum;
    const struct lz_view_process *processes; /* some may not be in use */
    size_t places, count, without;           /* count: those in use */
};

void stat_print(FILE *out, const struct stat_report *report);
void stat_print_json(FILE *out, const struct stat_report *report);

#endif
