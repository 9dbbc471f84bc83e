/* SPDX-License-Identifier: MIT */
/* One program under several allocators: the figures, and how they are shown. */
#ifndef COMPARE_H
#define COMPARE_H

#include <stdbool.h>
#include <stdio.h>

#include "child.h"
#include "sample.h"

/*
 * The figures of a run: FIGURE(name, unit, title); without a title only JSON
 * has it. NAN: not known. The peak is the most that all its processes had at
 * once (PSS, sampled), or that one of them had (RSS), whichever is larger.
 */
#define COMPARE_FIGURES(FIGURE)         \
    FIGURE(wall, "s", "wall")           \
    FIGURE(user, "s", "user")           \
    FIGURE(system, "s", "system")       \
    FIGURE(minor, "", "faults")         \
    FIGURE(major, "", NULL)             \
    FIGURE(huge, "", NULL)              \
    FIGURE(faulted, "bytes", "faulted") \
    FIGURE(peak, "bytes", "peak mem")   \
    FIGURE(end, "bytes", "end mem")

enum compare_figure {
#define FIGURE(name, unit, title) COMPARE_##name,
    COMPARE_FIGURES(FIGURE)
#undef FIGURE
        COMPARE_COUNT,
};

/* The outputs of an allocator's runs, and of the first that was different. */
struct compare_output {
    int compared, different; /* runs */
    long line;               /* where the output begins to differ */
    int expected_status, status;
};

struct arm {
    const char *name;
    const char *library;            /* NULL: the system's malloc */
    double *figures[COMPARE_COUNT]; /* by round */
    int rounds;                     /* that are complete */
    int status;                     /* of the run that failed, or 0 */
    bool unproven;                  /* the dynamic linker told nothing */
    struct compare_output output;
};

struct comparison {
    char **program;
    struct arm *arms; /* the system's first, ours last */
    int count, rounds, warmup;
    const char *prepare; /* for sh -c, before each run; or NULL */
    bool show, ignore_output;
    bool ignore_status; /* a status other than 0 is no failure */
    bool ends;          /* look at the memory at the end */
};

/*
 * Takes the figures. Stops where an allocator is not at work, where the program
 * fails under the system's malloc, and where `prepare` fails.
 */
void compare_measure(struct comparison *comparison);

/* What the figures of memory and of faults are. */
#define COMPARE_MEMORY                                                         \
    "the most that all processes of the program had together (PSS, sampled), " \
    "or that one of them had (RSS), whichever is larger"
#define COMPARE_END                                                            \
    "what the process with the highest peak had when it ended (RSS); unknown " \
    "where ptrace(2) does not tell"
#define COMPARE_FAULTED                                                        \
    "the bytes of pages that were faulted in; huge pages are counted for the " \
    "whole system, so what else runs adds to it"

/*
 * Where the next run's output goes; NULL: nowhere. And what is to be done after
 * that run, with its exit status.
 */
const char *compare_output_file(const struct comparison *comparison);
void compare_output_take(const struct comparison *comparison, struct arm *arm,
                         int status);

enum compare_outputs {
    COMPARE_NOT_COMPARED,
    COMPARE_SAME,
    COMPARE_DIFFERENT, /* under an allocator */
    COMPARE_VARIES,    /* under the system's malloc itself */
};

enum compare_outputs compare_output_result(const struct comparison *comparison);

/* Says on standard error what is not the same. */
void compare_output_say(const struct comparison *comparison);

/* Of the rounds in which it is known; NAN: in none. */
double compare_median(const struct arm *arm, enum compare_figure figure);

/* A ratio to the system's malloc, of pairs of the same round. The bounds are
 * those of sample_bounds. */
struct compare_ratio {
    double median;
    struct sample_range range;
};

struct compare_ratio compare_ratio(const struct comparison *comparison,
                                   const struct arm *arm,
                                   enum compare_figure figure);

/* What the two figures in brackets behind a ratio are. */
const char *compare_bounds(const struct comparison *comparison);

void compare_print_table(const struct comparison *comparison);
void compare_print_markdown(const struct comparison *comparison);
void compare_print_json(const struct comparison *comparison);
void compare_draw(const struct comparison *comparison, const char *file);

#endif
