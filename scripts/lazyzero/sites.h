/* SPDX-License-Identifier: MIT */
/*
 * The call sites of large blocks, from a trace with call stacks
 * (LAZYZERO_TRACE_SITES): who asked for how much, and how much of it was
 * touched. One thread.
 *
 * A block that realloc resizes belongs to the site of the last resizing, with
 * its last size. Touched is what was resident at its end, at most what was
 * asked for.
 */
#ifndef SITES_H
#define SITES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* A place in a file's code, the same in all processes. */
struct sites_frame {
    const char *module; /* path of the file; "" where there is none */
    uint64_t offset;    /* in the file, of the return address */
    long pid;           /* whose code it is, where there is no file; else 0 */
};

struct sites_site {
    const struct sites_frame **frames; /* the innermost first */
    size_t frame_count;
    uint64_t blocks, reused;
    uint64_t asked, touched, unknown; /* bytes; unknown: of killed processes */
    uint64_t now, peak;               /* bytes in use at once in a process */
    double life, call;                /* seconds, sums over the blocks */
};

struct sites {
    struct sites_site **list; /* by falling untouched bytes */
    size_t count;
    struct sites_site total; /* without frames; its peak is not known */
    bool has_stacks;         /* the trace was made with call stacks */
};

/* Reads a trace. Stops where it cannot be read. */
struct sites sites_read(const char *csv);

/* Bytes that were asked for and surely not touched. */
uint64_t sites_untouched(const struct sites_site *site);

/* The function's name, or the file's and the offset; never freed. */
const char *sites_name(const struct sites_frame *frame);

/* Was the command built with libdw? If not, the next two know nothing. */
extern const bool symbol_has_names;

/* NULL, or a name in new memory. */
char *symbol_find(const char *module, uint64_t offset);

/* "file.c:12", in new memory, or NULL: that is not known. */
char *symbol_line(const char *module, uint64_t offset);

/* The table, of at most `most` sites. */
void sites_print(FILE *out, const struct sites *sites, size_t most);

/*
 * Writes PREFIX.asked.heap, .touched.heap and .untouched.heap for jeprof and
 * pprof, and the same with .folded for flame graphs. Stops where that fails.
 */
void sites_write(const struct sites *sites, const char *prefix);

#endif
