/* SPDX-License-Identifier: MIT */
/*
 * The text of a profile: how a program's large blocks were used in a run
 * before.
 *
 *   lazyzero profile 1
 *   page 4096
 *   calloc 67108864 blocks 1 touched 100 100
 *   end
 *
 * There is a line for each size class (bytes of the mapping) and kind of
 * request. It says how many of its blocks were looked at in one process, and
 * what percentage of a block's pages was touched: the least and the most of
 * all.
 *
 * No memory, no stdio. Not thread safe: the caller owns the text.
 */
#ifndef LZ_PROFILE_H
#define LZ_PROFILE_H

#include "base/text.h"
#include "base/util.h"

/*
 * A file that is longer than this is no profile. Two lines for each size class
 * take half of it.
 */
#define LZ_PROFILE_SIZE (64 * LZ_KIB)

/* The largest number of blocks. More count as so many. */
#define LZ_PROFILE_BLOCKS 1000000

/*
 * If at least this percentage of each block's pages was touched, the class was
 * used in full. The few missing pages do not matter.
 */
#define LZ_PROFILE_FULL 88

struct lz_profile_line {
    bool zeroed; /* calloc's */
    size_t size;
    size_t blocks;
    size_t least, most; /* percent */
};

void lz_profile_begin(struct lz_text *text, size_t page);
void lz_profile_put(struct lz_text *text, const struct lz_profile_line *line);
void lz_profile_end(struct lz_text *text);

/*
 * Is the string *text a whole profile of this version, of `length` bytes, for
 * pages of `page` bytes? NULL, and *text is then where the lines begin; else
 * why not.
 */
const char *lz_profile_open(const char **text, size_t length, size_t page);

/* The next line. False, and no change: there is none. */
bool lz_profile_next(const char **text, struct lz_profile_line *line);

#endif
