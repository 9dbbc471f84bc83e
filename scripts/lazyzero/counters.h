/* SPDX-License-Identifier: MIT */
/* The library's counters of the processes of a program, and what they say. */
#ifndef COUNTERS_H
#define COUNTERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lz_view_process;

/* Rows of the list src/stats.def: each number once, a gauge by its peak. */
struct counters_row {
    const char *name, *unit, *description;
    bool is_sum; /* over processes; else the most of one */
};

enum {
#define LZ_STAT(kind, name, unit, description) COUNTERS_##name,
#include "control/stats.def"
#undef LZ_STAT
    COUNTERS_ROWS,
    COUNTERS_SIZES = 64, /* class k: 2^k up to 2^(k+1) - 1 bytes */
};

extern const struct counters_row counters_rows[COUNTERS_ROWS];

struct counters {
    uint64_t rows[COUNTERS_ROWS];
    uint64_t sizes[COUNTERS_SIZES]; /* large requests, a memset is none */
};

/* Adds what the process did so far. */
void counters_add(struct counters *sum, const struct lz_view_process *process);

/*
 * A file in which the processes of a program count, and that outlives them.
 * Stops where none can be made.
 */
struct counters_file {
    char *setting;                     /* for their environment */
    struct lz_view_process *processes; /* their places, as they started */
};

struct counters_file counters_make_file(const char *folder);

/*
 * At the end: how many processes took a place, and how many found none left.
 * file->processes is what they left, and changes no more.
 */
size_t counters_taken(struct counters_file *file, size_t *without);

#endif
