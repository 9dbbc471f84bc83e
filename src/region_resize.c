/* SPDX-License-Identifier: MIT */
/* realloc of a large block: within its mapping, or by moving page tables. */
#include "index.h"
#include "options.h"
#include "os.h"
#include "region_inside.h"
#include "stats.h"

/* The class of the new size, and no page beyond. */
static void
release_tail(struct lz_region *region)
{
    struct lz_pool_entry *entry = &region->entry;
    size_t size = lz_region_map_size_for(region->usable);
    size_t before = entry->map_size;
    char *used_end = region->base + region->usable;

    if (size < before) {
        /* First: what is unmapped then is no change of this block. */
        lz_region_set_map(region, entry->map, size);
        if (lz_os_unmap(entry->map + size, before - size) != 0)
            lz_region_set_map(region, entry->map, before);
    }
    lz_heat_forget(&region->heat);
    if (used_end < lz_region_map_end(region))
        lz_os_discard(used_end, (size_t)(lz_region_map_end(region) - used_end));
}

static void
count_change(const struct lz_region *region, size_t usable_before)
{
    lz_region_count_live((intptr_t)(region->usable - usable_before));
    lz_region_release();
}

static void
set_usable(struct lz_region *region, size_t usable)
{
    region->usable = usable;
    lz_region_reach(region);
    if (region->usable < (region->reached - lz_region_stagger(region)) / 2) {
        release_tail(region);
        region->reached = lz_region_end_offset(region);
    }
}

bool
lz_region_resize(struct lz_region *region, size_t n)
{
    size_t before = region->usable;
    size_t usable = lz_region_usable_for(n == 0 ? 1 : n);

    if (n > lz_region_capacity(region))
        return false;
    if (LZ_UNLIKELY(lz_options.guard))
        lz_region_guard_shrink(region, usable);
    else
        set_usable(region, usable);
    LZ_STAT_ADD(resized_in_place, 1);
    count_change(region, before);
    return true;
}

/*
 * A slot belongs to whoever has its granule mapped. So the old one is cleared
 * before the pages leave, and the new one is set when they are there: a move
 * that fails has given the target away. In between nobody else may look for
 * this block.
 */
static bool
move_onto(struct lz_region *region, char *map, size_t map_size)
{
    struct lz_pool_entry *entry = &region->entry;

    /* Now, because then it will not fail. */
    if (lz_index_set(map, region) != 0) {
        lz_os_unmap(map, map_size);
        return false;
    }
    lz_index_set(map, NULL);
    lz_index_set(entry->map, NULL);
    if (lz_os_move(entry->map, entry->map_size, map, map_size) != 0) {
        lz_index_set(entry->map, region);
        return false;
    }
    lz_index_set(map, region);
    return true;
}

void *
lz_region_grow(struct lz_region *region, size_t n, size_t align)
{
    size_t stagger = lz_region_stagger(region), before = region->usable, size;
    unsigned char change = __atomic_load_n(&region->change, __ATOMIC_RELAXED);
    char *map;

    if (n > LZ_SIZE_LIMIT || n <= lz_region_capacity(region) ||
        (stagger & (align - 1)) != 0 || LZ_UNLIKELY(lz_options.guard))
        return NULL;
    size = lz_region_map_size_for(lz_region_usable_for(n));
    /* Nothing is that long, and QEMU looks for 20 s before it says so. */
    if (size > LZ_SIZE_LIMIT)
        return NULL;
    /* Aligned before it is moved onto, so that page tables move whole. */
    map = lz_region_map(size, align);
    if (map == NULL || !move_onto(region, map, size)) {
        /* No room for both, or no such call; but maybe room for one. */
        map = lz_region_stretch(region, n, align, &size);
        if (map == NULL)
            return NULL;
    }
    lz_region_set_map(region, map, size);
    lz_region_change_cover(map, size);
    /* The move was heard too, and changed nothing that the program sees. */
    __atomic_store_n(&region->change, change, __ATOMIC_RELAXED);
    lz_heat_forget(&region->heat);
    lz_region_place(region, n, stagger);
    LZ_STAT_ADD(resized_by_move, 1);
    count_change(region, before);
    return region->base;
}
