/* SPDX-License-Identifier: MIT */
/*
 * LAZYZERO_TRACE: a line of CSV for each call that involves a large block.
 *
 * A line goes out in one write at the file's end, so those of several threads
 * and processes do not mix. No malloc, no lock; a line is lost if another
 * thread is just opening the file again (after the program closed it). errno is
 * kept.
 */
#ifndef LZ_TRACE_H
#define LZ_TRACE_H

#include "base/util.h"

/* If it is off, it costs a large call one predictable branch. */
extern LZ_HIDDEN bool lz_trace_on;

/* The columns from `call` on. Those that do not apply are left 0 or NULL. */
struct lz_trace_event {
    const char *call;
    const char *how;     /* fresh, reused, heap, ... */
    const void *address; /* the block; NULL where the call failed */
    const void *from;    /* realloc: the block before */
    size_t size;         /* bytes asked for */
    size_t usable;
    size_t resident;
    bool is_resident_known;
    uint64_t began; /* set by lz_trace_begin */
};

/*
 * Called once, when the options are read. Prints a line if the file cannot be
 * opened.
 */
void lz_trace_start(void);

/* The call begins now. */
void lz_trace_begin(struct lz_trace_event *event);

/* The call ends now: writes the line. */
void lz_trace_end(const struct lz_trace_event *event);

#endif
