/* SPDX-License-Identifier: MIT */
/*
 * The value of LAZYZERO_NUMA: a mode, and for LZ_NUMA_BIND the nodes. One
 * number holds both, so that it is an option like the others.
 */
#ifndef LZ_NUMA_H
#define LZ_NUMA_H

#include "base/text.h"
#include "base/util.h"

enum lz_numa {
    LZ_NUMA_SYSTEM, /* nothing is asked */
    LZ_NUMA_LOCAL,
    LZ_NUMA_INTERLEAVE,
    LZ_NUMA_BIND,
};

#define LZ_NUMA_MODE_BITS 2

/* Nodes are 0 to this, exclusive: 62 with 64 bits, 30 with 32. */
#define LZ_NUMA_NODES (8 * sizeof(size_t) - LZ_NUMA_MODE_BITS)

static inline enum lz_numa
lz_numa_mode(size_t value)
{
    return (enum lz_numa)(value & (((size_t)1 << LZ_NUMA_MODE_BITS) - 1));
}

/* A bit for each node; 0 unless the mode is LZ_NUMA_BIND. */
static inline size_t
lz_numa_nodes(size_t value)
{
    return value >> LZ_NUMA_MODE_BITS;
}

/* "local", "interleave", "system", "bind:0,1". False: it is none of them. */
bool lz_numa_parse(const char *text, size_t *value);

/* The same text again, with the nodes in ascending order. */
void lz_numa_put(struct lz_text *text, size_t value);

#endif
