/* SPDX-License-Identifier: MIT */
/* realloc of a large block: within its mapping, or by moving page tables. */
#include "base/assert.h"
#include "base/probe.h"
#include "control/options.h"
#include "control/stats.h"
#include "large/index.h"
#include "large/place.h"
#include "large/region_inside.h"
#include "os/os.h"

bool
lz_region_set_map_size(struct lz_region *region, size_t size)
{
    char *map = region->entry.map;
    size_t before = region->entry.map_size;

    LZ_ASSERT(size != 0 && size % LZ_INDEX_GRANULE == 0);
    lz_index_set_span(map, before, NULL);
    if (lz_index_set_span(map, size, region) != 0) {
        lz_index_set_span(map, before, region);
        return false;
    }
    lz_region_set_map(region, map, size);
    return true;
}

/*
 * The slack is unmapped with the tail, and the new slack page was the
 * program's. So one mapping is a proof from now on only if it is one mapping
 * now.
 */
static bool
loses_proof(struct lz_region *region)
{
    struct lz_pool_entry *entry = &region->entry;

    return lz_region_is_changed(region) ||
           !lz_os_is_plain(entry->map, entry->map_size);
}

static void
drop_seams(struct lz_seams *seams, size_t size)
{
    while (seams->count > 0 &&
           seams->at[seams->count - 1] >= size / LZ_INDEX_GRANULE)
        seams->count--;
    LZ_ASSERT(seams->count == 0 ||
              seams->at[seams->count - 1] < size / LZ_INDEX_GRANULE);
}

static void
unmap_tail(struct lz_region *region, size_t size)
{
    size_t before = region->entry.map_size;

    LZ_ASSERT(size < before && lz_region_end_offset(region) <= size);
    if (!region->unproved && loses_proof(region))
        lz_region_mark(region, LZ_REGION_REMAPPED);
    /* First: as soon as it is unmapped, the address may be another owner's. */
    if (!lz_region_set_map_size(region, size))
        return;
    if (lz_os_unmap(region->entry.map + size, before - size) != 0)
        lz_region_set_map_size(region, before);
    else
        drop_seams(&region->seams, size);
}

/* The class of the new size, and not one page more. */
static void
release_tail(struct lz_region *region)
{
    size_t size = LZ_UNLIKELY(region->hugetlb)
                      ? lz_region_hugetlb_size(region->usable)
                      : lz_region_map_size_for(region->usable);
    char *used_end = region->base + region->usable;

    if (size < region->entry.map_size)
        unmap_tail(region, size);
    lz_history_forget(&region->history);
    if (used_end < lz_region_map_end(region))
        lz_os_discard(used_end, (size_t)(lz_region_map_end(region) - used_end));
}

static void
count_change(struct lz_region *region, size_t usable_before)
{
    LZ_PROBE3(resize, region->base, usable_before, region->usable);
    lz_region_count_live(region, region->usable, usable_before);
    lz_region_release();
}

/*
 * What the program did to the pages that it gives back must not meet it again
 * when the block grows: protected pages, or a file that is mapped there.
 */
static void
renew(struct lz_region *region, char *end)
{
    char *map_end = lz_region_map_end(region);
    size_t n = (size_t)(map_end - end);

    LZ_ASSERT(region->base < end && end < map_end);
    if (lz_os_map_over(end, n) != 0) {
        lz_region_mark(region, LZ_REGION_REMAPPED);
        return;
    }
    lz_place_apply(end, n);
    lz_os_name(end, n);
}

static void
set_usable(struct lz_region *region, size_t usable)
{
    bool is_renewed = usable < region->usable && !lz_region_is_as_made(region);

    LZ_ASSERT(usable != 0 && usable <= lz_region_capacity(region));
    region->usable = usable;
    if (is_renewed)
        renew(region, region->base + usable);
    lz_region_raise_high_water(region);
    if (region->usable < (region->high_water - lz_region_stagger(region)) / 2) {
        release_tail(region);
        region->high_water = lz_region_end_offset(region);
    }
    LZ_ASSERT(lz_region_is_whole(region));
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
 * A slot belongs to whoever has its granule mapped. So the old slots are
 * cleared before the pages move, and the new ones are set afterwards, because a
 * move that fails gives the target away. Nobody else may look for this block in
 * between.
 */
bool
lz_region_move_onto(struct lz_region *region, char *map, size_t map_size)
{
    struct lz_pool_entry *entry = &region->entry;

    LZ_ASSERT(region->seams.count == 0 && entry->map_size <= map_size);
    /* Now, because then it will not fail. */
    if (lz_index_set_span(map, map_size, region) != 0) {
        lz_os_unmap(map, map_size);
        return false;
    }
    lz_index_set_span(map, map_size, NULL);
    lz_index_set_span(entry->map, entry->map_size, NULL);
    if (lz_os_move(entry->map, entry->map_size, map, map_size) != 0) {
        lz_index_set_span(entry->map, entry->map_size, region);
        return false;
    }
    lz_index_set_span(map, map_size, region);
    lz_region_set_map(region, map, map_size);
    return true;
}

/* The target is aligned first, so that whole page tables are moved. */
static bool
move(struct lz_region *region, size_t n, size_t align, size_t size)
{
    char *map = lz_region_map(size, align);

    if (region->seams.count != 0)
        return map != NULL && lz_region_move_parts(region, map, size);
    return (map != NULL && lz_region_move_onto(region, map, size)) ||
           lz_region_stretch(region, n, align);
}

void *
lz_region_grow(struct lz_region *region, size_t n, size_t align)
{
    size_t stagger = lz_region_stagger(region), before = region->usable, size;

    if (n > LZ_SIZE_LIMIT || n <= lz_region_capacity(region) ||
        (stagger & (align - 1)) != 0 || region->hugetlb ||
        LZ_UNLIKELY(lz_options.guard))
        return NULL;
    size = lz_region_map_size_for(lz_region_usable_for(n));
    /*
     * No system has room for that much, and QEMU searches for 20 s before it
     * refuses.
     */
    if (size > LZ_SIZE_LIMIT || !move(region, n, align, size))
        return NULL;
    lz_region_change_cover(region->entry.map, region->entry.map_size);
    region->tight = region->entry.map_size < size;
    lz_history_forget(&region->history);
    lz_region_place(region, n, stagger);
    LZ_STAT_ADD(resized_by_move, 1);
    LZ_ASSERT(lz_region_is_whole(region));
    count_change(region, before);
    return region->base;
}
