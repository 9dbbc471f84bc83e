/* SPDX-License-Identifier: MIT */
/* What region*.c share: the record of a region, and where things lie in it. */
#ifndef LZ_REGION_INSIDE_H
#define LZ_REGION_INSIDE_H

#include "heat.h"
#include "meta.h"
#include "pool.h"
#include "region.h"

enum state { FREE, LIVE };

struct lz_region {
    struct lz_pool_entry entry; /* the mapping; first, as meta wants */
    char *base;                 /* what the program holds */
    size_t usable;              /* multiple of the page size */
    size_t reached;   /* the largest usable size since pages were given back */
    enum state state; /* atomic: two threads may free at once */
    bool unset;       /* atomic: no memset of the program's yet */
    bool reused;      /* this block was handed out warm */
    struct lz_heat heat;
};

_Static_assert(sizeof(struct lz_region) <= LZ_META_RECORD_SIZE, "fits");

/*
 * The size of the mapping: room for any stagger, so that the same request is
 * always of the same class, and for a page of slack at the end, which
 * lz_os_make_plain counts on.
 */
size_t lz_region_map_size_for(size_t usable);

/*
 * A new mapping; where the system refuses it, the pool is released and it is
 * asked once more. NULL when it still refuses.
 */
void *lz_region_map(size_t size, size_t align);

static inline char *
lz_region_map_end(const struct lz_region *region)
{
    return region->entry.map + region->entry.map_size;
}

static inline size_t
lz_region_stagger(const struct lz_region *region)
{
    return (size_t)(region->base - region->entry.map);
}

static inline size_t
lz_region_end_offset(const struct lz_region *region)
{
    return lz_region_stagger(region) + region->usable;
}

static inline void
lz_region_reach(struct lz_region *region)
{
    if (lz_region_end_offset(region) > region->reached)
        region->reached = lz_region_end_offset(region);
}

static inline void
lz_region_place(struct lz_region *region, size_t n, size_t stagger)
{
    region->base = region->entry.map + stagger;
    region->usable = lz_region_usable_for(n);
    lz_region_reach(region);
}

#endif
