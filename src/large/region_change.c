/* SPDX-License-Identifier: MIT */
/*
 * What a program does to the mapping of a block with the functions of libc, and
 * what becomes of it when the block is freed. To ask the kernel at each free
 * would cost two system calls, and the TLB may be cold afterwards.
 */
#include "base/assert.h"
#include "large/index.h"
#include "large/region_inside.h"
#include "os/os.h"

int lz_region_observation;

/* Where regions are or were; atomic, the range only grows. */
static uintptr_t lowest = UINTPTR_MAX;
static size_t highest;

static void
lower(uintptr_t *least, uintptr_t value)
{
    uintptr_t known = __atomic_load_n(least, __ATOMIC_RELAXED);

    while (known > value &&
           !__atomic_compare_exchange_n(least, &known, value, true,
                                        __ATOMIC_RELEASE, __ATOMIC_RELAXED))
        continue;
}

void
lz_region_change_cover(const char *map, size_t map_size)
{
    lz_raise_to(&highest, (uintptr_t)map + map_size);
    lower(&lowest, (uintptr_t)map);
}

/* LZ_REGION_UNOBSERVED is for good. */
void
lz_region_change_observed(void)
{
    int not_yet = LZ_REGION_NOT_YET;

    __atomic_compare_exchange_n(&lz_region_observation, &not_yet,
                                LZ_REGION_OBSERVED, false, __ATOMIC_RELEASE,
                                __ATOMIC_RELAXED);
}

void
lz_region_change_unobserved(void)
{
    __atomic_store_n(&lz_region_observation, LZ_REGION_UNOBSERVED,
                     __ATOMIC_RELEASE);
}

bool
lz_region_change_is_observed(void)
{
    return __atomic_load_n(&lz_region_observation, __ATOMIC_ACQUIRE) ==
           LZ_REGION_OBSERVED;
}

/*
 * The mark only grows, even if another thread changes the block at the same
 * time.
 */
void
lz_region_mark(struct lz_region *region, enum lz_region_change change)
{
    unsigned char known = __atomic_load_n(&region->change, __ATOMIC_RELAXED);

    while (known < change && !__atomic_compare_exchange_n(
                                 &region->change, &known, (unsigned char)change,
                                 true, __ATOMIC_RELEASE, __ATOMIC_RELAXED))
        continue;
}

/*
 * Could a region lie there? Two comparisons answer for most of a program's
 * memory.
 */
static bool
may_hold_regions(uintptr_t start, uintptr_t end)
{
    return start < __atomic_load_n(&highest, __ATOMIC_ACQUIRE) &&
           end > __atomic_load_n(&lowest, __ATOMIC_ACQUIRE) && start < end;
}

uintptr_t
lz_region_end_of(const struct lz_region *region, uintptr_t at)
{
    uintptr_t map =
        (uintptr_t)__atomic_load_n(&region->entry.map, __ATOMIC_RELAXED);
    size_t size = __atomic_load_n(&region->entry.map_size, __ATOMIC_RELAXED);

    return map <= at && at - map < size
               ? map + size
               : lz_round_down(at, LZ_INDEX_GRANULE) + LZ_INDEX_GRANULE;
}

struct lz_region *
lz_region_alone(const void *p, size_t n)
{
    uintptr_t start = (uintptr_t)p, end = start + n, at = start;
    struct lz_region *region;

    if (LZ_LIKELY(!may_hold_regions(start, end)))
        return NULL;
    region = lz_index_first(&at, end);
    return region != NULL && at == start && end <= lz_region_end_of(region, at)
               ? region
               : NULL;
}

void
lz_region_change(const void *p, size_t n, enum lz_region_change change)
{
    uintptr_t at = (uintptr_t)p, end = at + n;
    struct lz_region *region;

    if (LZ_LIKELY(!may_hold_regions(at, end)))
        return;
    while ((region = lz_index_first(&at, end)) != NULL) {
        lz_region_mark(region, change);
        at = lz_region_end_of(region, at);
        if (at == 0) /* behind the last granule of 32 bits */
            return;
    }
}

bool
lz_region_is_within(const void *p, size_t n)
{
    const struct lz_region *region = lz_region_alone(p, n);
    const char *start = p;

    return region != NULL && lz_region_is_unchanged(region) &&
           !region->unproved && start >= region->base &&
           start + n <= region->base + region->usable &&
           lz_os_is_surely_plain(region->entry.map, region->entry.map_size) &&
           lz_os_is_plain(region->entry.map, region->entry.map_size);
}

static bool
can_be_plain(const struct lz_region *region, bool unobserved)
{
    const struct lz_pool_entry *entry = &region->entry;

    /* Changes that were not observed are known to the system only. */
    return (!unobserved ||
            lz_os_is_surely_plain(entry->map, entry->map_size)) &&
           lz_os_make_plain(entry->map, entry->map_size);
}

bool
lz_region_make_plain(struct lz_region *region)
{
    int change = __atomic_load_n(&region->change, __ATOMIC_ACQUIRE);
    int known = __atomic_load_n(&lz_region_observation, __ATOMIC_ACQUIRE);

    if (LZ_LIKELY(change == LZ_REGION_UNCHANGED &&
                  known == LZ_REGION_OBSERVED && region->advice == 0))
        return true;
    if (change == LZ_REGION_REMAPPED || !lz_region_take_advice_back(region))
        return false;
    if ((change != LZ_REGION_UNCHANGED || known != LZ_REGION_OBSERVED) &&
        !can_be_plain(region, known == LZ_REGION_UNOBSERVED))
        return false;
    __atomic_store_n(&region->change, LZ_REGION_UNCHANGED, __ATOMIC_RELAXED);
    return true;
}

bool
lz_region_is_as_made(const struct lz_region *region)
{
    const struct lz_pool_entry *entry = &region->entry;

    return !lz_region_is_changed(region) &&
           (__atomic_load_n(&lz_region_observation, __ATOMIC_ACQUIRE) ==
                LZ_REGION_OBSERVED ||
            lz_os_is_plain(entry->map, entry->map_size));
}

bool
lz_region_may_be_cut(const struct lz_region *region)
{
    const struct lz_pool_entry *entry = &region->entry;
    size_t end;

    LZ_ASSERT(lz_region_is_divided(region));
    if (lz_region_is_changed(region))
        return false;
    for (size_t at = 0; at < entry->map_size; at = end) {
        end = lz_region_part_end(&region->seams, at, entry->map_size);
        if (!lz_os_is_plain(entry->map + at, end - at))
            return false;
    }
    return true;
}

bool
lz_region_is_ours(const struct lz_region *region, bool as_zero)
{
    const struct lz_pool_entry *entry = &region->entry;

    return !lz_region_is_changed(region) &&
           (!as_zero ||
            (!region->unproved && lz_os_is_plain(entry->map, entry->map_size)));
}
