/* SPDX-License-Identifier: MIT */
/*
 * How much address space a region takes: as a rule a size class, whose slack
 * costs nothing, and by which the pool finds the region again. If the address
 * space of the process is limited, or if the system refuses the class, the
 * mapping is only as long as needed, and is not kept.
 */
#include "base/assert.h"
#include "control/log.h"
#include "control/options.h"
#include "large/index.h"
#include "large/region_inside.h"
#include "os/os.h"

/* Room for the block behind its stagger, and for the page of slack. */
static size_t
least_size(size_t n, size_t stagger)
{
    return lz_round_up(stagger + lz_region_usable_for(n) + lz_os_page_size(),
                       LZ_INDEX_GRANULE);
}

void *
lz_region_map(size_t size, size_t align)
{
    void *map;

    if (align < LZ_INDEX_GRANULE)
        align = LZ_INDEX_GRANULE;
    map = lz_os_map(size, align);
    if (map == NULL && lz_region_release_all() != 0)
        map = lz_os_map(size, align);
    LZ_ASSERT(((uintptr_t)map & (align - 1)) == 0);
    return map;
}

char *
lz_region_map_fresh(size_t n, size_t stagger, size_t align, size_t *size)
{
    /*
     * The guard before a block with a large alignment is longer than any
     * stagger.
     */
    size_t extra = LZ_UNLIKELY(lz_options.guard) ? stagger : 0;
    size_t least = least_size(n, stagger);
    char *map;

    *size = lz_region_map_size_for(lz_region_usable_for(n) + extra);
    if (lz_os_space_for(*size) == LZ_OS_SPACE_TIGHT)
        *size = least;
    map = lz_region_map(*size, align);
    if (map == NULL && *size != least) {
        *size = least;
        map = lz_region_map(least, align);
    }
    LZ_ASSERT(*size >= least && *size % LZ_INDEX_GRANULE == 0);
    return map;
}

static bool
extend(struct lz_region *region, size_t size)
{
    char *map = region->entry.map;
    size_t before = region->entry.map_size;

    LZ_ASSERT(size > before);
    if (lz_os_extend(map, before, size) != 0)
        return false;
    if (lz_region_set_map_size(region, size))
        return true;
    lz_os_unmap(map + before, size - before);
    return false;
}

/* See lz_region_move_onto in region_resize.c for the order. */
static bool
move_anywhere(struct lz_region *region, size_t size)
{
    struct lz_pool_entry *entry = &region->entry;
    char *map;

    LZ_ASSERT(size > entry->map_size && region->seams.count == 0);
    lz_index_set_span(entry->map, entry->map_size, NULL);
    map = lz_os_move_anywhere(entry->map, entry->map_size, size,
                              LZ_INDEX_GRANULE);
    if (map == NULL) {
        lz_index_set_span(entry->map, entry->map_size, region);
        return false;
    }
    if (lz_index_set_span(map, size, region) != 0)
        lz_log_fatal("realloc: no memory for the index; stopping");
    lz_region_set_map(region, map, size);
    return true;
}

bool
lz_region_stretch(struct lz_region *region, size_t n, size_t align)
{
    size_t class = lz_region_map_size_for(lz_region_usable_for(n));
    size_t least = least_size(n, lz_region_stagger(region));

    if (lz_os_space_for(class - region->entry.map_size) != LZ_OS_SPACE_TIGHT &&
        extend(region, class))
        return true;
    return extend(region, least) ||
           (align <= LZ_INDEX_GRANULE && move_anywhere(region, least));
}

bool
lz_region_may_keep(const struct lz_region *region)
{
    static uint64_t looked_at; /* atomic: lz_os_now of an answer that holds */
    const struct lz_pool_entry *entry = &region->entry;
    enum lz_os_space space;

    if (region->tight)
        return false;
    if (LZ_LIKELY(__atomic_load_n(&looked_at, __ATOMIC_RELAXED) ==
                  entry->freed_at))
        return true;
    space = lz_os_space_for(0);
    if (space == LZ_OS_SPACE_TIGHT)
        lz_region_release_all();
    else if (space == LZ_OS_SPACE_FREE)
        __atomic_store_n(&looked_at, entry->freed_at, __ATOMIC_RELAXED);
    return space != LZ_OS_SPACE_TIGHT;
}
