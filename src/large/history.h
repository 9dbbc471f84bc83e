/* SPDX-License-Identifier: MIT */
/*
 * What the library knows of one region's pages without asking the system, and
 * how the region is therefore zeroed next: look, write without a look, or
 * discard.
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
    uint16_t used;          /* a bit for each sample that those touched */
    uint8_t patience;       /* sparse uses before a discard; 0: default */
    uint8_t empty;          /* looks in a row that found no page */
    uint8_t unlooked;       /* discards without a look that are left */
    bool clean : 1;         /* the block reads as zero already */
    bool warm : 1;          /* this use began with pages of earlier ones */
    bool unwanted : 1;      /* freed, and its pages are not worth keeping */
    bool drifts : 1;        /* the same was true of the use before it */
    struct lz_sparse pages; /* what the last sparse use had */
};

/* Forgets the state of the pages, and keeps what was learned from uses. */
void lz_history_forget(struct lz_history *history);

/* How memory is to be made zero. */
enum lz_plan {
    LZ_PLAN_NOTHING, /* it reads as zero already */
    LZ_PLAN_WRITE,   /* all of it, without a look */
    LZ_PLAN_DISCARD, /* without a look; as a rule there are no pages */
    LZ_PLAN_LOOK,    /* the page table tells what has to be written */
};

/*
 * Decides it, for [p, p + n) of the region that is mapped at map. No other
 * function decides it, and this one changes nothing. All plans but a plan to
 * write need a plain mapping (lz_os_is_plain). A write that gives pages back
 * checks the mapping itself.
 */
enum lz_plan lz_history_plan(const struct lz_history *history, const char *map,
                             const char *p, size_t n);

/*
 * Carries the plan out. The region is mapped at [map, map + map_size), and
 * plain unless the plan is to write. Returns how many bytes were written.
 */
size_t lz_history_zero(struct lz_history *history, char *map, size_t map_size,
                       char *p, size_t n);

/*
 * For a block that the program holds, of which no page may be discarded
 * (lz_zero_live). Returns true if all pages are to be written. This is counted
 * as done, and the caller lets memset write them. Otherwise the caller calls
 * lz_history_zero_live, for a region that is plain.
 */
bool lz_history_is_write(struct lz_history *history, const char *map,
                         const char *p, size_t n);
void lz_history_zero_live(struct lz_history *history, const char *map,
                          size_t map_size, char *p, size_t n);

/*
 * A use of the region has ended. [map, map + high_water) may be populated.
 * Returns how many bytes of it are: the exact number if it is small and takes
 * little effort to find out, otherwise `high_water`. The region may be in any
 * state.
 */
size_t lz_history_freed(struct lz_history *history, char *map, size_t map_size,
                        size_t high_water);

/*
 * Are few samples of a whole block not zero? It reads them, so the block must
 * be plain.
 */
bool lz_history_is_sparse(char *p, size_t n);

/*
 * Discards the pages if lz_history_freed found them not worth keeping. True: it
 * did.
 */
bool lz_history_drop(struct lz_history *history, char *map, size_t map_size,
                     size_t high_water);

/* After a look: `empty` if it found no page, so that next looks are saved. */
void lz_history_count_empty(struct lz_history *history, bool empty);

/*
 * As lz_history_zero, for a block of the heap. Such a block has no record, so a
 * small table remembers the last ones by address. It is only a hint: writing is
 * always right. Thread safe.
 */
void lz_history_zero_block(char *p, size_t n);

#endif
