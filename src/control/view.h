/* SPDX-License-Identifier: MIT */
/*
 * The statistics as another process sees them, by the commands `lazyzero stat`
 * and `lazyzero top`. The command includes this file too: what is laid out here
 * is what both know, and LZ_VIEW_VERSION changes with it.
 *
 * top reads struct lz_view out of the running process's memory. It finds it by
 * its magic in the library's data.
 *
 * stat makes a file of places and names it in the environment
 * (LZ_VIEW_VARIABLE). Each process that starts with the library, and each child
 * of fork, takes a place in it and counts there instead of in its own memory.
 * So the counts remain however the process ends. A process that cannot have a
 * place counts as always. A child of a fork that runs no fork handlers counts
 * in its parent's place.
 */
#ifndef LZ_VIEW_H
#define LZ_VIEW_H

#include "control/stats.h"

/* The first stands nowhere else in the library. */
#define LZ_VIEW_MAGIC "liblazyzero view"
#define LZ_VIEW_FILE_MAGIC "liblazyzero stat"
#define LZ_VIEW_MAGIC_SIZE 16
#define LZ_VIEW_VERSION 1
#define LZ_VIEW_VARIABLE "_LAZYZERO_VIEW"

/* In the library's data, never written to. */
struct lz_view {
    char magic[LZ_VIEW_MAGIC_SIZE];
    uint16_t version;      /* LZ_VIEW_VERSION */
    uint16_t pointer_size; /* bytes */
    uint32_t stats_size;   /* of struct lz_stat_counts */
    char release[16];      /* "0.2.0" */
    struct lz_stat_counts *const *stats;
};

/*
 * Where the records of large blocks are, for top: in the library's data too,
 * found by its magic, never written to. From each of `root_slots` pointers at
 * `root` one gets to an array of `leaf_slots` pointers, one for each granule of
 * the address space, or 0. Such a pointer is the record of the block that has
 * the granule, or at most `none` where there is no such block.
 */
#define LZ_VIEW_BLOCKS_MAGIC "liblazyzero live"

struct lz_view_blocks {
    char magic[LZ_VIEW_MAGIC_SIZE];
    uint32_t root_slots, leaf_slots;
    uint32_t none;
    uint32_t base, usable, state; /* offsets in a record */
    uint32_t live;                /* the state of a block in use */
    const void *root;
};

/* A process's place in the file. */
struct lz_view_process {
    uint64_t process;   /* its id, written last; 0: not in use */
    uint64_t page_size; /* bytes */
    char program[48];   /* what it was called when it took the place; cut */
    struct lz_stat_counts stats;
};

struct lz_view_file {
    char magic[LZ_VIEW_MAGIC_SIZE];
    uint32_t version, process_size; /* of struct lz_view_process */
    uint32_t count;                 /* places that follow */
    uint32_t taken;                 /* atomic; more than count: some had none */
    struct lz_view_process processes[];
};

/*
 * Takes a place in the file that the environment names, if it names one. One
 * line where it cannot be used; a file that is gone is no error, since a daemon
 * lives on when stat has ended. To be called once, before there are threads.
 */
void lz_view_start(void);

/* In the child of a fork: a place of its own. Makes no system call. */
void lz_view_fork_child(void);

#endif
