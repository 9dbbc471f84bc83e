/* SPDX-License-Identifier: MIT */
/*
 * What is known of one region's pages without asking the system, and what
 * follows from it for the next zeroing: look, write blindly, or discard.
 *
 * Not thread safe, unless said otherwise: the caller owns the region.
 */
#ifndef LZ_HEAT_H
#define LZ_HEAT_H

#include "base/util.h"

/* All zero: nothing is known, as of a fresh mapping or one that lost pages. */
struct lz_heat {
    size_t full;      /* bytes from the mapping's start: all populated */
    uint8_t blind;    /* writes left before the next look */
    uint8_t sparse;   /* sparse uses of full pages, in a row */
    uint16_t used;    /* the samples that those used, a bit each */
    uint8_t patience; /* how many of those it takes; 0: the default */
    uint8_t empty;    /* looks in a row that found no page at all */
    uint8_t unlooked; /* times left to go by that, without a look */
    bool clean;       /* the block reads as zero already */
};

/* Nothing is known of the pages any more; what was learned stays. */
void lz_heat_forget(struct lz_heat *heat);

/*
 * Makes [p, p + n) of the region that is mapped at [map, map + map_size) read
 * as zero, the cheapest way. The region must be plain (lz_os_is_plain), unless
 * lz_heat_will_write. How many bytes were written.
 */
size_t lz_heat_zero(struct lz_heat *heat, char *map, size_t map_size, char *p,
                    size_t n);

/*
 * True if lz_heat_zero would write every page, or checks the mapping itself;
 * the caller may then skip its own check.
 */
bool lz_heat_will_write(const struct lz_heat *heat, const char *map,
                        const char *p, size_t n);

/*
 * For a block that the program holds, so that no page may be discarded
 * (lz_zero_live). True: all pages are to be written. This is counted as done,
 * and the caller leaves the writing to memset. Otherwise the caller calls
 * lz_heat_zero_live, for a region that is plain.
 */
bool lz_heat_is_write(struct lz_heat *heat, const char *map, const char *p,
                      size_t n);
void lz_heat_zero_live(struct lz_heat *heat, const char *map, size_t map_size,
                       char *p, size_t n);

/*
 * As lz_heat_zero, for a block of the heap, which has no record of its own: a
 * small table remembers the last ones by address. Thread safe; what it
 * remembers is a hint, and writing is always right.
 */
void lz_heat_zero_block(char *p, size_t n);

#endif
