/* SPDX-License-Identifier: MIT */
/* A line of the CSV that LAZYZERO_TRACE writes: liblazyzero(7), TRACE. */
#ifndef TRACE_LINE_H
#define TRACE_LINE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum trace_call {
    TRACE_REQUEST, /* malloc, calloc, memalign */
    TRACE_REALLOC,
    TRACE_MEMSET,
    TRACE_FREE,
    TRACE_RELEASE,
    TRACE_EXIT,
    TRACE_START, /* no calls, these two */
    TRACE_CODE,
    TRACE_OTHER, /* a later version's */
};

struct trace_line {
    double time, duration; /* seconds */
    long pid;
    enum trace_call call;
    bool is_heap, is_reused; /* how */
    uint64_t address, from, size, usable;
    bool is_resident_known;
    uint64_t resident;
    char
        *stack; /* valid until the next line; "" or a path without its quotes */
    char *text; /* the reader's own memory; zero it before the first line */
    size_t room;
};

/* The next line that is one; false at the end, where the memory is freed. */
bool trace_line_read(FILE *file, struct trace_line *line);

/* Is it one that stands for a call of the program's? */
bool trace_line_is_call(const struct trace_line *line);

#endif
