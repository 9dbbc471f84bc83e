/* SPDX-License-Identifier: MIT */
/*
 * LAZYZERO_CHECK: which addresses are the start of a block of the backend, a
 * bit for each 8 bytes of the address space. The bits of 2 MiB take 32 KiB,
 * which are mapped when the first block there is noted, and never unmapped.
 *
 * Before the options are known, a few blocks are remembered all the same.
 * Thread safe, lock-free.
 */
#ifndef LZ_LIVE_H
#define LZ_LIVE_H

#include "base/util.h"

enum lz_live_mode {
    LZ_LIVE_EARLY, /* the options are not known yet */
    LZ_LIVE_OFF,
    LZ_LIVE_ON,
};

/* Written by live.c only; atomic. */
extern LZ_HIDDEN enum lz_live_mode lz_live_mode;

/*
 * Called once the options are known. If memory is lacking, now or later, it
 * prints one line and becomes OFF.
 */
void lz_live_start(bool wanted);

/* Is `p` the start of a live block? True where that is not known. */
bool lz_live_has(const void *p);

/* See the two below. */
void lz_live_note(const void *p);
bool lz_live_take(const void *p);

/* A block begins at `p`, or NULL: none does. Returns p. */
static inline void *
lz_live_add(void *p)
{
    if (LZ_UNLIKELY(lz_live_mode != LZ_LIVE_OFF) && p != NULL)
        lz_live_note(p);
    return p;
}

/* Forgets the block. False: none began there, or two threads free it. */
static inline bool
lz_live_remove(const void *p)
{
    return LZ_LIKELY(lz_live_mode == LZ_LIVE_OFF) || lz_live_take(p);
}

#endif
