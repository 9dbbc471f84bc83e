/* SPDX-License-Identifier: MIT */
/* Where -o sends what the library writes: a file, a pipe or a terminal. */
#ifndef SINK_H
#define SINK_H

#include <stdbool.h>

struct sink {
    const char *name; /* for messages */
    const char *path; /* the whole path of the regular file to write to */
    int fd;           /* where that is copied at the end; -1: it is the place */
};

/*
 * "-" and /dev/stdout are standard output. A regular file is emptied. Anything
 * else (a pipe, a device) gets its lines at the end, from a temporary file, as
 * processes that open it by name could wait for a reader forever. Stops where
 * the place cannot be written.
 */
struct sink sink_open(const char *name);

/*
 * Copies what was written, where that is needed. False, and a line says why,
 * where not all could be written; a signal ends it too (child_interrupted).
 */
bool sink_finish(const struct sink *sink);

#endif
