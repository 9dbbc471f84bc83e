/* SPDX-License-Identifier: MIT */
/* The largest large blocks of a running process. */
#ifndef TARGET_BLOCKS_H
#define TARGET_BLOCKS_H

#include "target.h"

#define TARGET_BLOCKS 5

struct target_block {
    uint64_t address, bytes; /* usable */
    double touched;          /* share that is in memory or swapped out; -1: not
                                known. Of a large one an estimate. */
};

/*
 * Fills in at most TARGET_BLOCKS live blocks of a process that target_find
 * found, the largest first, and says how many. 0 where that cannot be read. A
 * block that is allocated or freed meanwhile may be missing.
 */
size_t target_blocks(const struct target *target, struct target_block *blocks);

#endif
