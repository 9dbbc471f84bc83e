/* SPDX-License-Identifier: MIT */
/*
 * Which pages of a sparsely used region were populated, in a few bytes: enough
 * to tell whether its next use took the same pages or others.
 *
 * Not thread safe: the caller owns the region.
 */
#ifndef LZ_SPARSE_H
#define LZ_SPARSE_H

#include "os/os.h"

/*
 * A use of at most this part of a region is sparse. Its pages are kept if it
 * had those of the use before it: else the region would collect the pages of
 * all its uses, of which the program had those of one at a time. What was seen
 * once is no evidence: the second use faults its pages in again. Where more is
 * used, to write a region that is full costs less than the faults.
 */
#define LZ_SPARSE_SHARE 16

#define LZ_SPARSE_AREAS 7

/* All zero: nothing is known. */
struct lz_sparse {
    /* The mapping in equal areas: for each a hash of the first page that was
     * populated there, or 0. */
    uint8_t marks[LZ_SPARSE_AREAS];
    uint8_t level; /* bits of the number of bytes that one use took */
};

/* A look at the pages of one region. */
struct lz_sparse_look {
    uint8_t marks[LZ_SPARSE_AREAS];
    uintptr_t map, next; /* the mapping; where the next area begins */
    size_t area;         /* bytes of each */
};

/* Begins a look at the region that is mapped at [map, map + map_size). */
void lz_sparse_begin(struct lz_sparse_look *look, const char *map,
                     size_t map_size);

/* This range is populated. The ranges of a look come in ascending order. */
void lz_sparse_see(struct lz_sparse_look *look,
                   const struct lz_os_range *range);

bool lz_sparse_is_known(const struct lz_sparse *pages);

/*
 * Replaces what is known by what was seen, so many bytes (at least 1) in all.
 * True: most pages were known, as far as both have some in the same area (one
 * use may go on for longer), and they are not many more than one use took.
 */
bool lz_sparse_learn(struct lz_sparse *pages, const struct lz_sparse_look *look,
                     size_t bytes);

#endif
