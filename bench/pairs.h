/* SPDX-License-Identifier: MIT */
/* What pairs.c and pairs_cxx.cpp share: the same random sizes in every run. */
#ifndef BENCH_PAIRS_H
#define BENCH_PAIRS_H

#include <stddef.h>
#include <stdint.h>

#define LIVE 400
#define SMALLEST 16
#define LARGEST 1024

/* xorshift, Marsaglia 2003: few instructions, no memory of its own. */
static inline uint32_t
next_random(void)
{
    static uint32_t state = 2463534242u;

    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state;
}

static inline size_t
next_size(void)
{
    return SMALLEST + next_random() % (LARGEST - SMALLEST + 1);
}

#endif
