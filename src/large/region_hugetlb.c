/* SPDX-License-Identifier: MIT */
/*
 * LAZYZERO_HUGEPAGES=hugetlb: blocks in huge pages that the administrator has
 * reserved (hugetlb). The system promises all of them when it maps them, so a
 * block takes what it may touch away from others, and gives it back as soon as
 * it is freed: such a block is never kept, and so it is never used again, split
 * or joined. Nor is it moved. It has no stagger and no slack, since one byte
 * more than whole pages would be another huge page.
 *
 * The system treats such pages as one thing: what a program does to a part of
 * one (mprotect, madvise, munmap) fails.
 */
#include "base/assert.h"
#include "control/options.h"
#include "control/stats.h"
#include "large/index.h"
#include "large/place.h"
#include "large/region_inside.h"
#include "os/kind.h"
#include "os/os.h"

/* At most this part of a mapping lies behind its block. */
#define WASTE_SHARE 8

/* 0: such pages are not asked for. */
static size_t
page_size(void)
{
    switch ((enum lz_hugepages)lz_options.hugepages) {
    case LZ_HUGEPAGES_HUGETLB:
    case LZ_HUGEPAGES_HUGETLB_2M:
        return 2 * LZ_MIB;
    case LZ_HUGEPAGES_HUGETLB_1G:
        return 1024 * LZ_MIB;
    default:
        return 0;
    }
}

size_t
lz_region_hugetlb_size(size_t n)
{
    return lz_round_up(n, page_size());
}

/* With guards there would be a huge page before and behind each block. */
static bool
is_fit(size_t n, size_t align)
{
    size_t page = page_size(), size;

    if (lz_options.guard || align > page || n > LZ_SIZE_LIMIT - page)
        return false;
    size = lz_region_hugetlb_size(n);
    return size - n <= size / WASTE_SHARE;
}

/*
 * What the system promised may still be refused at a touch, by a control
 * group's limit or because the pages are on another node. So all of it is
 * populated where that can be.
 */
static bool
secure(char *map, size_t size)
{
    lz_place_apply(map, size);
    return (!lz_place_is_strict() && lz_os_hugetlb_is_sure(page_size())) ||
           lz_os_populate(map, size) == 0;
}

static LZ_COLD char *
map_reserved(size_t n, size_t align, size_t *size)
{
    char *map;

    if (!is_fit(n, align))
        return NULL;
    *size = lz_region_hugetlb_size(n);
    LZ_ASSERT(*size >= n && *size % LZ_INDEX_GRANULE == 0);
    map = lz_os_map_hugetlb(*size, page_size());
    if (map != NULL && !secure(map, *size)) {
        lz_os_unmap(map, *size);
        map = NULL;
    }
    if (map == NULL)
        LZ_STAT_ADD(hugetlb_refused, 1);
    else
        LZ_STAT_ADD(hugetlb_regions, 1);
    return map;
}

char *
lz_region_hugetlb_map(size_t n, size_t align, size_t *size)
{
    return LZ_LIKELY(lz_options.hugepages < LZ_HUGEPAGES_HUGETLB)
               ? NULL
               : map_reserved(n, align, size);
}

bool
lz_region_is_reserved(const void *p)
{
    const struct lz_region *region = lz_index_get(p);

    return region != NULL && (const void *)region != LZ_INDEX_HEAP &&
           __atomic_load_n(&region->state, __ATOMIC_ACQUIRE) == LIVE &&
           region->hugetlb == LZ_REGION_HUGETLB_RESERVED;
}
