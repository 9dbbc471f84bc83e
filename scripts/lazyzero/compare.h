/* SPDX-License-Identifier: MIT */
/* One program under several allocators: the figures, and how they are shown. */
#ifndef COMPARE_H
#define COMPARE_H

#include <stdbool.h>
#include <stdio.h>

#include "child.h"

/* The figures of a run that are shown: COMPARE_FIGURE(name, unit, title). */
#define COMPARE_FIGURES(FIGURE)   \
    FIGURE(wall, "s", "wall")     \
    FIGURE(user, "s", "user")     \
    FIGURE(system, "s", "system") \
    FIGURE(minor, "", "faults")   \
    FIGURE(major, "", "major")    \
    FIGURE(peak, "bytes", "peak RSS")

enum compare_figure {
#define FIGURE(name, unit, title) COMPARE_##name,
    COMPARE_FIGURES(FIGURE)
#undef FIGURE
        COMPARE_COUNT,
};

struct arm {
    const char *name;
    const char *library;            /* NULL: the system's malloc */
    double *figures[COMPARE_COUNT]; /* by round */
    int rounds;                     /* that are complete */
    int status;                     /* of the run that failed, or 0 */
    bool unproven;                  /* the dynamic linker told nothing */
};

struct comparison {
    char **program;
    struct arm *arms; /* the system's first, ours last */
    int count, rounds;
};

void compare_print_table(const struct comparison *comparison);
void compare_print_markdown(const struct comparison *comparison);
void compare_print_json(const struct comparison *comparison);
void compare_draw(const struct comparison *comparison, const char *file);

#endif
