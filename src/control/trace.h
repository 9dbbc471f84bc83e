/* SPDX-License-Identifier: MIT */
/*
 * LAZYZERO_TRACE: a line of CSV for each call that involves a large block.
 *
 * With LAZYZERO_TRACE_SITES a line has one more column: the return addresses on
 * the stack of a request. Lines of their own say which program begins ("start")
 * and what code lies where ("code": address, length as size, offset in the file
 * as usable, and the file as stack).
 *
 * A line goes out in one write at the file's end, so those of several threads
 * and processes do not mix. No malloc, no lock; a line is lost if another
 * thread is just opening the file again (after the program closed it). errno is
 * kept.
 */
#ifndef LZ_TRACE_H
#define LZ_TRACE_H

#include "base/util.h"

/*
 * What is to be done at large calls; bits, atomic. If nothing is, that costs a
 * call one predictable branch.
 */
enum {
    LZ_TRACE_LINES = 1, /* a line for each */
    LZ_TRACE_TICKS = 2, /* a look whether a report is due (report_tick.h) */
};
extern LZ_HIDDEN unsigned char lz_trace_watch;

#define lz_trace_on ((lz_trace_watch & LZ_TRACE_LINES) != 0)

/* The columns from `call` on. Those that do not apply are left 0 or NULL. */
struct lz_trace_event {
    const char *call;
    const char *how;     /* fresh, reused, heap, ... */
    const void *address; /* the block; NULL where the call failed */
    const void *from;    /* realloc: the block before */
    size_t size;         /* bytes asked for */
    size_t usable;
    size_t resident; /* bytes; of a realloc: those of the block before */
    bool is_resident_known;
    bool is_request; /* it has a call stack, where that is wanted */
    uint64_t began;  /* set by lz_trace_begin */
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
