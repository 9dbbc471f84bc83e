/* SPDX-License-Identifier: MIT */
/*
 * Kept memory serves requests of other sizes: the front of a larger block, or a
 * smaller block whose page tables are moved to the start of a longer mapping.
 * Both leave one mapping for each block, so that the proof that a block is
 * plain still holds.
 *
 * Only for blocks with unspecified contents: for zeroed ones, untouched pages
 * are cheaper than pages that must be cleared.
 */
#include "control/options.h"
#include "control/stats.h"
#include "large/index.h"
#include "large/region_inside.h"
#include "os/os.h"

/*
 * A program may ask for much and use little of it. The resident pages in it are
 * then lost to everybody until the free. So a block that is made longer gets at
 * most this many.
 */
#define STRANGER_WHOLE (128 * LZ_MIB)
#define STRANGER_PART (64 * LZ_MIB)

/*
 * A block is made longer by this factor at most, since a longer move costs
 * more.
 */
#define ENLARGE_MOST 4

static bool
is_too_much(size_t bytes, size_t wanted)
{
    return wanted > STRANGER_WHOLE && bytes > STRANGER_PART;
}

/* What lies behind `size` becomes a kept block of its own. */
static bool
cut_off(struct lz_region *region, struct lz_region *rest, size_t size)
{
    struct lz_pool_entry *entry = &region->entry;
    char *map = entry->map + size;
    size_t before = entry->map_size;

    if (!lz_region_set_map_size(region, size))
        return false;
    if (lz_index_set_span(map, before - size, rest) != 0) {
        lz_region_set_map_size(region, before);
        return false;
    }
    lz_region_set_map(rest, map, before - size);
    return true;
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
    rest->tight = false;
    rest->history = (struct lz_history){.warm = true};
    rest->entry.resident = rest->high_water;
    rest->entry.freed_at = region->entry.freed_at;
}

/* If there is no memory for a record, the block keeps its length. */
static void
split(struct lz_region *region, size_t size)
{
    struct lz_region *rest;

    if (region->high_water <= size)
        return;
    rest = lz_meta_acquire();
    if (rest == NULL)
        return;
    make_rest(rest, region, size);
    if (!cut_off(region, rest, size)) {
        lz_meta_release(rest);
        return;
    }
    region->high_water = size;
    region->entry.resident = size;
    region->history = (struct lz_history){.warm = true};
    LZ_STAT_ADD(regions_split, 1);
    lz_pool_put(&rest->entry);
}

/* Each byte that may be resident is counted, or it may not be cut or moved. */
static bool
is_dense(const struct lz_region *region)
{
    return region->entry.resident == region->high_water;
}

static struct lz_region *
take_front(size_t size)
{
    struct lz_pool_entry *entry =
        is_too_much(size, size) ? NULL : lz_pool_take_larger(size);
    struct lz_region *region = (struct lz_region *)entry;

    if (region == NULL)
        return NULL;
    /*
     * The front of a mapping has no slack. So one mapping is a proof for it
     * only if all of it is one mapping now.
     */
    if (!lz_region_is_ours(region, region->high_water > size)) {
        lz_region_destroy(region);
        return NULL;
    }
    if (!is_dense(region)) {
        lz_pool_put(entry);
        return NULL;
    }
    split(region, size);
    return region;
}

static bool
enlarge(struct lz_region *region, size_t size)
{
    size_t stagger = lz_region_stagger(region);
    char *map;

    if (!is_dense(region) || is_too_much(region->entry.resident, size) ||
        lz_os_space_for(size) == LZ_OS_SPACE_TIGHT)
        return false;
    map = lz_os_map(size, LZ_INDEX_GRANULE);
    if (map == NULL || !lz_region_move_onto(region, map, size))
        return false;
    region->base = map + stagger;
    lz_region_change_cover(map, size);
    /* No program holds the block, so a mark that came meanwhile is of none. */
    __atomic_store_n(&region->change, LZ_REGION_UNCHANGED, __ATOMIC_RELAXED);
    region->history = (struct lz_history){.warm = true};
    LZ_STAT_ADD(regions_enlarged, 1);
    return true;
}

static struct lz_region *
take_enlarged(size_t size)
{
    struct lz_pool_entry *entry =
        lz_pool_take_smaller(size, size / ENLARGE_MOST);
    struct lz_region *region = (struct lz_region *)entry;

    if (region == NULL)
        return NULL;
    if (!lz_region_is_ours(region, false)) {
        lz_region_destroy(region);
        return NULL;
    }
    if (enlarge(region, size))
        return region;
    lz_pool_put(entry);
    return NULL;
}

struct lz_region *
lz_region_take_other(size_t n, size_t align)
{
    size_t size = lz_region_map_size_for(lz_region_usable_for(n));
    struct lz_region *region = take_front(size);

    if (region == NULL)
        region = take_enlarged(size);
    if (region != NULL)
        lz_region_place_again(region, n, align);
    return region;
}
