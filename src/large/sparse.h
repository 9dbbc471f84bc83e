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
 * A use of at most this part of a region is sparse. Its pages are kept only if
 * the use before it had the same ones. Otherwise the region would collect the
 * pages of all its uses, although the program had those of one use at a time.
 * One use is no evidence, so the second use faults its pages in again. If more
 * than this part is used, writing a full region costs less than the faults.
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
 * Replaces what is known by what was seen: `bytes` (at least 1) in all.
 * Returns true if most of the pages were known, and if they are not many more
 * than one use took. Only areas in which both have pages are compared, since
 * one use may go on for longer than another.
 */
bool lz_sparse_learn(struct lz_sparse *pages, const struct lz_sparse_look *look,
                     size_t bytes);

#endif
