/* SPDX-License-Identifier: MIT */
/* One program under several allocators: the figures, and how they are shown. */
#ifndef COMPARE_H
#define COMPARE_H

#include <stdbool.h>
#include <stdio.h>

#include "child.h"
#include "sample.h"

/*
 * The figures of a run that are shown: COMPARE_FIGURE(name, unit, title). The
 * peak is the most that all its processes had at once (PSS, sampled), or that
 * one of them had (RSS), whichever is larger.
 */
#define COMPARE_FIGURES(FIGURE)   \
    FIGURE(wall, "s", "wall")     \
    FIGURE(user, "s", "user")     \
    FIGURE(system, "s", "system") \
    FIGURE(minor, "", "faults")   \
    FIGURE(major, "", "major")    \
    FIGURE(peak, "bytes", "peak mem")

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
    int count, rounds, warmup;
    const char *prepare;      /* for sh -c, before each run; or NULL */
    bool show, ignore_status; /* a status other than 0 is no failure */
};

/*
 * Takes the figures. Stops where an allocator is not at work, where the program
 * fails under the system's malloc, and where `prepare` fails.
 */
void compare_measure(struct comparison *comparison);

/* With fewer an interval has less than 95 % confidence. */
enum { COMPARE_LEAST_ROUNDS = 6 };

/* What the figure of the peak is. */
#define COMPARE_MEMORY                                                         \
    "the most that all processes of the program had together (PSS, sampled), " \
    "or that one of them had (RSS), whichever is larger"

double compare_median(const struct arm *arm, enum compare_figure figure);

/* A ratio to the system's malloc, of pairs of the same round. */
struct compare_ratio {
    double median;
    struct sample_range range;
};

struct compare_ratio compare_ratio(const struct comparison *comparison,
                                   const struct arm *arm,
                                   enum compare_figure figure);

void compare_print_table(const struct comparison *comparison);
void compare_print_markdown(const struct comparison *comparison);
void compare_print_json(const struct comparison *comparison);
void compare_draw(const struct comparison *comparison, const char *file);

#endif
