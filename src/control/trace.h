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
