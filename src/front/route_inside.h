/* SPDX-License-Identifier: MIT */
/* What route*.c share. */
#ifndef LZ_ROUTE_INSIDE_H
#define LZ_ROUTE_INSIDE_H

#include "base/util.h"
#include "heap/backend.h"

struct lz_region;
struct lz_trace_event;

/*
 * Below this size, calloc is jemalloc's own. From here on blocks are whole
 * pages.
 */
#define LZ_ROUTE_MID_LEAST (32 * LZ_KIB)

/* From now on a free of any address at a page boundary looks into the index. */
void lz_route_use_caches(void);

/* From now on no block is freed before it is checked. */
void lz_route_look_at_all(void);

/* Says that p is no block, and aborts. */
void lz_route_stop(const void *p, const char *call);

/* Sets ENOMEM; NULL. */
void *lz_route_out_of_memory(void);

/*
 * A block of n bytes: a region if n is large, otherwise (or if the system
 * refuses a mapping) jemalloc's. Not counted as a request.
 */
void *lz_route_place(size_t n, size_t align, bool zero);

/* The region at p, or NULL if jemalloc owns p. Otherwise stops the program. */
struct lz_region *lz_route_find_owner(const void *p, const char *call);

/* Frees a block of jemalloc's, as options and flags ask. */
void lz_route_free_heap(void *p, int flags, const char *call);

/* Frees it. Stops the program if another thread did so at the same time. */
void lz_route_free_region(struct lz_region *region, const void *p,
                          const char *call);

/* Fills in how the block p was served. NULL: the call failed. */
void lz_route_trace_block(struct lz_trace_event *event, const void *p);

/* A block for a certain arena is jemalloc's, whatever its size. */
static inline bool
lz_route_names_arena(int flags)
{
    return flags >> LZ_MALLOCX_ARENA_SHIFT != 0;
}

#endif
