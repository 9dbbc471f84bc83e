/* SPDX-License-Identifier: MIT */
#include "region.h"

#include "index.h"
#include "meta.h"
#include "os.h"
#include "stats.h"

#define GRANULE LZ_INDEX_GRANULE

/*
 * Bases that are all 2 MiB aligned meet in the same cache sets: walking 32
 * arrays in lockstep took 972 us against 509 us with staggered bases.
 */
#define STAGGER_SLOTS 16

/* One eighth of slack at most: address space, never memory. */
#define CLASSES_PER_DOUBLING 8

enum state { FREE, LIVE };

struct lz_region {
    void *next_free;  /* meta's, while the record is free */
    char *map;        /* what was mapped */
    size_t map_size;  /* multiple of the granule */
    char *base;       /* what the program holds */
    size_t usable;    /* multiple of the page size */
    enum state state; /* atomic: two threads may free at once */
};

_Static_assert(sizeof(struct lz_region) <= LZ_META_RECORD_SIZE, "fits");

static size_t
stagger_slots(void)
{
    size_t fit = GRANULE / 2 / lz_os_page_size();

    return fit < STAGGER_SLOTS ? fit : STAGGER_SLOTS;
}

uintptr_t
lz_region_tag_mask(void)
{
    return (GRANULE - 1) & ~((stagger_slots() - 1) * lz_os_page_size());
}

/* Round robin over the slots that keep the alignment. */
static size_t
next_stagger(size_t align)
{
    static size_t turn;
    size_t page = lz_os_page_size(), span = stagger_slots() * page;

    if (align >= span)
        return 0;
    if (align < page)
        align = page;
    return __atomic_fetch_add(&turn, 1, __ATOMIC_RELAXED) * align & (span - 1);
}

/* The size class for n bytes: a multiple of the granule. */
static size_t
map_size_for(size_t n)
{
    size_t step = lz_floor_power_of_two(n) / CLASSES_PER_DOUBLING;

    return lz_round_up(n, step < GRANULE ? GRANULE : step);
}

static char *
map_end(const struct lz_region *region)
{
    return region->map + region->map_size;
}

size_t
lz_region_usable_for(size_t n)
{
    return lz_round_up(n, lz_os_page_size());
}

size_t
lz_region_usable(const struct lz_region *region)
{
    return region->usable;
}

size_t
lz_region_capacity(const struct lz_region *region)
{
    return (size_t)(map_end(region) - region->base);
}

/* The mapping and the fields that follow from it; no trace on failure. */
static bool
map_region(struct lz_region *region, size_t n, size_t align)
{
    size_t stagger = next_stagger(align);
    size_t size = map_size_for(lz_region_usable_for(n) + stagger);
    char *map = lz_os_map(size, align < GRANULE ? GRANULE : align);

    if (map == NULL)
        return false;
    region->map = map;
    region->map_size = size;
    region->base = map + stagger;
    region->usable = lz_region_usable_for(n);
    if (lz_index_set(map, region) == 0)
        return true;
    lz_os_unmap(map, size);
    return false;
}

void *
lz_region_allocate(size_t n, size_t align, bool zero)
{
    struct lz_region *region;

    if (n > LZ_SIZE_LIMIT)
        return NULL;
    region = lz_meta_acquire();
    if (region == NULL)
        return NULL;
    if (!map_region(region, n, align)) {
        lz_meta_release(region);
        return NULL;
    }
    __atomic_store_n(&region->state, LIVE, __ATOMIC_RELEASE);
    LZ_STAT_ADD(regions_allocated, 1);
    LZ_STAT_ADD(bytes_allocated, n);
    if (zero) /* fresh from the system: it is */
        LZ_STAT_ADD(bytes_not_zeroed, n);
    return region->base;
}

struct lz_region *
lz_region_find(const void *p)
{
    struct lz_region *region = lz_index_get(p);

    if (region == NULL || (void *)region == LZ_INDEX_HEAP || region->base != p)
        return NULL;
    if (__atomic_load_n(&region->state, __ATOMIC_ACQUIRE) != LIVE)
        return NULL;
    return region;
}

/*
 * The slot is cleared before the mapping goes: the next owner of the address
 * may be another thread's region. A mapping that the system will not remove
 * (munmap(2), ENOMEM) loses its pages and keeps its address space.
 */
static void
unmap_region(struct lz_region *region)
{
    lz_index_set(region->map, NULL);
    if (lz_os_unmap(region->map, region->map_size) != 0)
        lz_os_discard(region->map, region->map_size);
}

bool
lz_region_free(struct lz_region *region)
{
    enum state live = LIVE;

    if (!__atomic_compare_exchange_n(&region->state, &live, FREE, false,
                                     __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
        return false;
    unmap_region(region);
    lz_meta_release(region);
    LZ_STAT_ADD(regions_freed, 1);
    return true;
}

/* After a shrink below half: the class of the new size, and no page beyond. */
static void
release_tail(struct lz_region *region)
{
    size_t stagger = (size_t)(region->base - region->map);
    size_t size = map_size_for(stagger + region->usable);
    char *used_end = region->base + region->usable;

    if (size < region->map_size &&
        lz_os_unmap(region->map + size, region->map_size - size) == 0)
        region->map_size = size;
    if (used_end < map_end(region))
        lz_os_discard(used_end, (size_t)(map_end(region) - used_end));
}

bool
lz_region_resize(struct lz_region *region, size_t n)
{
    size_t old = region->usable;

    if (n > lz_region_capacity(region))
        return false;
    region->usable = lz_region_usable_for(n);
    if (region->usable < old / 2)
        release_tail(region);
    LZ_STAT_ADD(resized_in_place, 1);
    return true;
}

/*
 * The old slot is cleared before the pages leave, and the new one set before
 * they arrive: a thread that maps either address meanwhile owns the slot there.
 * In between nobody else may look for this block.
 */
static bool
move_onto(struct lz_region *region, const struct lz_region *target)
{
    if (lz_index_set(target->map, region) != 0) {
        lz_os_unmap(target->map, target->map_size);
        return false;
    }
    lz_index_set(region->map, NULL);
    if (lz_os_move(region->map, region->map_size, target->map,
                   target->map_size) == 0)
        return true;
    lz_index_set(region->map, region);
    return false;
}

void *
lz_region_grow(struct lz_region *region, size_t n, size_t align)
{
    struct lz_region target = *region;
    size_t stagger = (size_t)(region->base - region->map);

    if (n > LZ_SIZE_LIMIT || (stagger & (align - 1)) != 0)
        return NULL;
    target.usable = lz_region_usable_for(n);
    target.map_size = map_size_for(target.usable + stagger);
    /* Aligned before it is moved onto, so that page tables move whole. */
    target.map = lz_os_map(target.map_size, align < GRANULE ? GRANULE : align);
    if (target.map == NULL)
        return NULL;
    target.base = target.map + stagger;
    if (!move_onto(region, &target))
        return NULL;
    *region = target;
    LZ_STAT_ADD(resized_by_move, 1);
    return region->base;
}
