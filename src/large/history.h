/* SPDX-License-Identifier: MIT */
/*
 * What is known of one region's pages without asking the system, and what
 * follows from it for the next zeroing: look, write blindly, or discard.
 *
 * Not thread safe, unless said otherwise: the caller owns the region.
 */
#ifndef LZ_HISTORY_H
#define LZ_HISTORY_H

#include "base/util.h"
#include "large/sparse.h"

/* All zero: nothing is known, as of a fresh mapping or one that lost pages. */
struct lz_history {
    size_t full;            /* bytes from the mapping's start: all populated */
    uint8_t blind;          /* writes left before the next look */
    uint8_t sparse;         /* sparse uses of full pages, in a row */
    uint16_t used;          /* the samples that those used, a bit each */
    uint8_t patience;       /* how many of those it takes; 0: the default */
    uint8_t empty;          /* looks in a row that left no page there */
    uint8_t unlooked;       /* times left to go by that, without a look */
    bool clean : 1;         /* the block reads as zero already */
    bool warm : 1;          /* this use began with pages of those before */
    bool unwanted : 1;      /* freed, and its pages are not worth keeping */
    bool drifts : 1;        /* nor were those of the use before it */
    struct lz_sparse pages; /* what the last sparse use had */
};

/* Nothing is known of the pages any more; what was learned stays. */
void lz_history_forget(struct lz_history *history);

/* How memory is to be made zero. */
enum lz_plan {
    LZ_PLAN_NOTHING, /* it reads as zero already */
    LZ_PLAN_WRITE,   /* all of it, without a look */
    LZ_PLAN_DISCARD, /* its pages, without a look: there are none, as a rule */
    LZ_PLAN_LOOK,    /* the page table tells what has to be written */
};

/*
 * The one place that decides it, for [p, p + n) of the region that is mapped at
 * map. It changes nothing. Only a plan to write needs no plain mapping
 * (lz_os_is_plain): what then gives pages back checks the mapping itself.
 */
enum lz_plan lz_history_plan(const struct lz_history *history, const char *map,
                             const char *p, size_t n);

/*
 * Carries the plan out. The region is mapped at [map, map + map_size), and
 * plain unless the plan is to write. How many bytes were written.
 */
size_t lz_history_zero(struct lz_history *history, char *map, size_t map_size,
                       char *p, size_t n);

/*
 * For a block that the program holds, so that no page may be discarded
 * (lz_zero_live). True: all pages are to be written. This is counted as done,
 * and the caller leaves the writing to memset. Otherwise the caller calls
 * lz_history_zero_live, for a region that is plain.
 */
bool lz_history_is_write(struct lz_history *history, const char *map,
                         const char *p, size_t n);
void lz_history_zero_live(struct lz_history *history, const char *map,
                          size_t map_size, char *p, size_t n);

/*
 * A use has ended, of a region of which [map, map + high_water) may be
 * populated. How much of it is: exact where that is little and known without
 * much effort, else `high_water`. The region may be in any state.
 */
size_t lz_history_freed(struct lz_history *history, char *map, size_t map_size,
                        size_t high_water);

/* Are few samples of a whole block not zero? Reads them: it must be plain. */
bool lz_history_is_sparse(char *p, size_t n);

/* Discards its pages if that found them not worth keeping. True: it did. */
bool lz_history_drop(struct lz_history *history, char *map, size_t map_size,
                     size_t high_water);

/* After a look: did it leave no page there? So the next ones may be saved. */
void lz_history_count_empty(struct lz_history *history, bool empty);

/*
 * As lz_history_zero, for a block of the heap, which has no record of its own:
 * a small table remembers the last ones by address. Thread safe; what it
 * remembers is a hint, and writing is always right.
 */
void lz_history_zero_block(char *p, size_t n);

#endif
