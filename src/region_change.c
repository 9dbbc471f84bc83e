/* SPDX-License-Identifier: MIT */
/*
 * What a program does to the mapping of a block, as far as it does it by the
 * functions of libc. A question to the kernel at each reuse would be two system
 * calls: 2.3 us and a cold TLB where a malloc and its free take 0.2 us.
 */
#include "index.h"
#include "os.h"
#include "region_inside.h"

/* Atomic. Without it every region may have been changed. */
static bool heard;

/* Where regions are or were, and the longest; atomic, they only grow. */
static uintptr_t lowest = UINTPTR_MAX, highest;
static size_t longest;

static void
raise(uintptr_t *most, uintptr_t value)
{
    uintptr_t known = __atomic_load_n(most, __ATOMIC_RELAXED);

    while (known < value &&
           !__atomic_compare_exchange_n(most, &known, value, true,
                                        __ATOMIC_RELEASE, __ATOMIC_RELAXED))
        continue;
}

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
    raise(&longest, map_size);
    raise(&highest, (uintptr_t)map + map_size);
    lower(&lowest, (uintptr_t)map);
}

void
lz_region_change_hear(void)
{
    __atomic_store_n(&heard, true, __ATOMIC_RELEASE);
}

static void
note(struct lz_region *region, uintptr_t start, enum lz_region_change change)
{
    uintptr_t map =
        (uintptr_t)__atomic_load_n(&region->entry.map, __ATOMIC_RELAXED);
    size_t size = __atomic_load_n(&region->entry.map_size, __ATOMIC_RELAXED);

    unsigned char known = __atomic_load_n(&region->change, __ATOMIC_RELAXED);

    if (start >= map + size)
        return;
    /* It only grows, whoever else treats the block at the same time. */
    while (known < change && !__atomic_compare_exchange_n(
                                 &region->change, &known, (unsigned char)change,
                                 true, __ATOMIC_RELEASE, __ATOMIC_RELAXED))
        continue;
}

/*
 * Downwards from the end. Regions do not overlap, so the first one that begins
 * at or before the start is the last that can reach into the range.
 */
void
lz_region_change(const void *p, size_t n, enum lz_region_change change)
{
    uintptr_t start = (uintptr_t)p, end = start + n, at, least;
    size_t far = __atomic_load_n(&longest, __ATOMIC_ACQUIRE);
    struct lz_region *region;

    if (n == 0 || end < start ||
        start >= __atomic_load_n(&highest, __ATOMIC_ACQUIRE) ||
        end <= __atomic_load_n(&lowest, __ATOMIC_ACQUIRE))
        return;
    least = start > far ? start - far : 0;
    for (at = end - 1;; at--) {
        region = lz_index_last(&at, least);
        if (region == NULL)
            return;
        if ((void *)region != LZ_INDEX_HEAP) {
            note(region, start, change);
            if (at <= start)
                return;
        }
        if (at <= least)
            return;
    }
}

bool
lz_region_is_ours(struct lz_region *region, bool as_zero)
{
    struct lz_pool_entry *entry = &region->entry;
    int change = __atomic_load_n(&region->change, __ATOMIC_ACQUIRE);
    bool known = __atomic_load_n(&heard, __ATOMIC_ACQUIRE);

    if (change == LZ_REGION_REMAPPED)
        return false;
    if (known && change == LZ_REGION_UNCHANGED)
        return !as_zero || lz_os_is_plain(entry->map, entry->map_size);
    if (!lz_os_make_plain(entry->map, entry->map_size))
        return false;
    __atomic_store_n(&region->change, LZ_REGION_UNCHANGED, __ATOMIC_RELAXED);
    return true;
}
