/* SPDX-License-Identifier: MIT */
/*
 * Kept memory serves requests of other sizes: the front of a larger block, or
 * several blocks joined (region_join.c).
 *
 * Zeroed blocks get them only where such blocks were used in full: otherwise,
 * untouched pages are cheaper than pages that must be cleared.
 */
#include "base/assert.h"
#include "control/stats.h"
#include "large/index.h"
#include "large/region_inside.h"
#include "large/retain.h"
#include "large/zero.h"
#include "os/os.h"

#define GRANULE LZ_INDEX_GRANULE

/* What lies behind `size` becomes a kept block of its own. */
static bool
cut_off(struct lz_region *region, struct lz_region *rest, size_t size)
{
    struct lz_pool_entry *entry = &region->entry;
    char *map = entry->map + size;
    size_t before = entry->map_size;

    LZ_ASSERT(size != 0 && size < before && size % GRANULE == 0);
    if (!lz_region_set_map_size(region, size))
        return false;
    if (lz_index_set_span(map, before - size, rest) != 0) {
        lz_region_set_map_size(region, before);
        return false;
    }
    lz_region_set_map(rest, map, before - size);
    return true;
}

/* Those before `size` stay; those behind are the rest's; one there is none. */
static void
divide_seams(struct lz_seams *front, struct lz_seams *rest, size_t size)
{
    size_t count = front->count;

    *rest = (struct lz_seams){.count = 0};
    front->count = 0;
    for (size_t i = 0; i < count; i++) {
        if (front->at[i] < size)
            front->count++;
        else if (front->at[i] > size)
            rest->at[rest->count++] = (uint16_t)(front->at[i] - size);
    }
    LZ_ASSERT(front->count + rest->count <= count);
}

static void
make_rest(struct lz_region *rest, const struct lz_region *region, size_t size)
{
    rest->base = region->entry.map + size;
    rest->usable = lz_os_page_size();
    rest->high_water = region->high_water - size;
    rest->state = FREE;
    rest->change = LZ_REGION_UNCHANGED;
    rest->advice = region->advice;
    rest->plain = region->plain;
    rest->unproved = region->unproved;
    rest->tight = false;
    rest->hugetlb = LZ_REGION_HUGETLB_NONE;
    rest->hugepages = false;
    rest->zeroed = region->zeroed;
    rest->held = 0;
    rest->history = (struct lz_history){.warm = true};
    rest->entry.resident = rest->high_water;
    rest->entry.freed_at = region->entry.freed_at;
    rest->entry.node = region->entry.node;
}

bool
lz_region_split(struct lz_region *region, size_t size)
{
    struct lz_region *rest;

    LZ_ASSERT(lz_region_is_sound(region));
    if (region->high_water <= size)
        return true;
    rest = lz_meta_acquire();
    if (rest == NULL)
        return false;
    make_rest(rest, region, size);
    if (!cut_off(region, rest, size)) {
        lz_meta_release(rest);
        return false;
    }
    divide_seams(&region->seams, &rest->seams, size / GRANULE);
    region->usable = lz_os_page_size(); /* no block's: it may be too long */
    region->high_water = size;
    region->entry.resident = size;
    region->history = (struct lz_history){.warm = true};
    LZ_STAT_ADD(regions_split, 1);
    LZ_ASSERT(lz_region_is_sound(region) && lz_region_is_sound(rest));
    lz_pool_put(&rest->entry);
    return true;
}

/* Unmaps what lies behind the last seam and was never used. */
static bool
cut_untouched(struct lz_region *region, size_t size)
{
    size_t before = region->entry.map_size;

    LZ_ASSERT(region->high_water <= size && size < before);
    if (!lz_region_set_map_size(region, size))
        return false;
    region->seams.count--;
    region->usable = lz_os_page_size();
    return lz_os_unmap(region->entry.map + size, before - size) == 0;
}

void
lz_region_take_apart(struct lz_region *region)
{
    if (!lz_region_may_be_cut(region)) {
        lz_region_destroy(region);
        return;
    }
    while (region->seams.count > 0) {
        size_t last = region->seams.at[region->seams.count - 1] * GRANULE;

        if (region->high_water > last ? !lz_region_split(region, last)
                                      : !cut_untouched(region, last)) {
            lz_region_destroy(region);
            return;
        }
    }
    lz_pool_put(&region->entry);
}

/*
 * A block is split if it has more pages than this part above what is needed.
 * Splitting for fewer would cut all blocks of a program whose sizes vary.
 */
#define SPARE_SHARE 16

void
lz_region_spare(struct lz_region *region, size_t size)
{
    if (region->high_water >= size + GRANULE &&
        region->high_water - size >= size / SPARE_SHARE &&
        lz_region_is_dense(region) && lz_region_may_be_cut(region))
        lz_region_split(region, size);
}

bool
lz_region_is_dense(const struct lz_region *region)
{
    size_t most = region->high_water;

    if (region->entry.resident != most)
        return false;
    return !region->zeroed ||
           lz_zero_populated(region->entry.map, most, most / 2) > most / 2;
}

static struct lz_region *
take_front(size_t size)
{
    struct lz_pool_entry *entry = lz_pool_take_larger(size);
    struct lz_region *region = (struct lz_region *)entry;

    if (region == NULL)
        return NULL;
    LZ_ASSERT(entry->map_size >= size && lz_region_is_sound(region));
    if (!lz_region_may_be_cut(region)) {
        lz_region_destroy(region);
        return NULL;
    }
    if (!lz_region_is_dense(region)) {
        lz_pool_put(entry);
        return NULL;
    }
    /* Without memory for a record, the block keeps its length. */
    lz_region_split(region, size);
    return region;
}

/*
 * A block ends within a granule, but pages are taken in whole ones. Where those
 * behind the block would be too many, its last granule stays fresh.
 */
#define SLOP_SHARE 3

struct lz_region *
lz_region_take_other(size_t n, size_t align, bool zero)
{
    size_t usable = lz_region_usable_for(n), need = lz_region_need_for(usable);
    size_t most = zero ? need : lz_region_demand(need);
    struct lz_region *region;

    if (need - usable > usable / SLOP_SHARE && most > need - GRANULE)
        most = need - GRANULE;
    region = most < need ? NULL : take_front(need);
    if (region == NULL)
        region = lz_region_join(lz_region_map_size_for(usable), most);
    if (region == NULL)
        return NULL;
    LZ_ASSERT(region->entry.map_size >= need);
    lz_region_place_again(region, n, align);
    return region;
}
