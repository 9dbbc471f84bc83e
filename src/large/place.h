/* SPDX-License-Identifier: MIT */
/*
 * LAZYZERO_NUMA: which node of a machine the pages of a large block come from.
 *
 * The rule belongs to the mapping, and stays with it when it is moved, split,
 * joined or used again. A thread that has a rule of its own (set_mempolicy)
 * keeps it. A program's own mbind on its block comes later and replaces the
 * rule.
 * With `local`, kept pages of one node are used again by threads of that node
 * alone, and a block with pages of several nodes is not kept.
 *
 * By default, and with one node, nothing is asked of the system. If the system
 * refuses, one line says so, and memory comes from where it would without the
 * option. Thread safe and lock-free.
 */
#ifndef LZ_PLACE_H
#define LZ_PLACE_H

#include "base/util.h"
#include "control/options.h"

/* For a fresh mapping: the rule that the option asks for. */
void lz_place_apply(void *map, size_t size);

/* Is there a rule that does without other nodes if these are full (bind)? */
bool lz_place_is_strict(void);

/*
 * Would the node depend on which thread touches a page? False where that cannot
 * be told.
 */
bool lz_place_is_by_thread(void);

unsigned lz_place_ask_node(void);
bool lz_place_ask_pages(void *map, size_t size, unsigned *node);

/* The node whose kept pages the calling thread may reuse. */
static inline unsigned
lz_place_node(void)
{
    return LZ_LIKELY(lz_numa_mode(lz_options.numa) != LZ_NUMA_LOCAL)
               ? 0
               : lz_place_ask_node();
}

/* The same for the pages of a freed mapping. False: it is not to be kept. */
static inline bool
lz_place_settle(void *map, size_t size, unsigned *node)
{
    *node = 0;
    return LZ_LIKELY(lz_numa_mode(lz_options.numa) != LZ_NUMA_LOCAL) ||
           lz_place_ask_pages(map, size, node);
}

#endif
