/* SPDX-License-Identifier: MIT */
/*
 * Reserved huge pages and fork. A process and its child share them until one
 * writes, who then needs another page. The child has no promise of any. If the
 * pool is empty, a write of the parent's takes the page away from the child,
 * and a touch there ends the child by SIGBUS.
 *
 * So before a fork that the pool may have too few pages for, such blocks get
 * ordinary memory. This is done where the process has one thread: others might
 * write to the block meanwhile.
 */
#include <string.h>

#include "control/log.h"
#include "control/options.h"
#include "large/index.h"
#include "large/place.h"
#include "large/region_inside.h"
#include "os/kind.h"
#include "os/os.h"

#define RANGES 32

/* -1: the system cannot tell. */
static int
find_populated(char *at, char *end, struct lz_os_range *ranges, char **resume)
{
    int count = lz_os_find_populated(LZ_OS_ORACLE_SCAN, at, end, ranges, RANGES,
                                     resume);

    if (count < 0)
        count = lz_os_find_populated(LZ_OS_ORACLE_PAGEMAP, at, end, ranges,
                                     RANGES, resume);
    return count;
}

/* What is populated; the rest of both reads as zero. */
static void
copy(char *to, char *from, size_t n)
{
    struct lz_os_range ranges[RANGES];
    char *at = from, *end = from + n, *resume;

    while (at < end) {
        int count = find_populated(at, end, ranges, &resume);

        if (count < 0 || resume <= at) {
            memcpy(to + (at - from), at, (size_t)(end - at));
            return;
        }
        for (int i = 0; i < count; i++) {
            char *start = (char *)(uintptr_t)ranges[i].start;

            memcpy(to + (start - from), start,
                   (size_t)(ranges[i].end - ranges[i].start));
        }
        at = resume;
    }
}

/* The address stays. If it cannot be done, the block is as it was. */
static void
replace(struct lz_region *region)
{
    struct lz_pool_entry *entry = &region->entry;
    char *map = lz_os_map(entry->map_size, LZ_INDEX_GRANULE);

    if (map == NULL)
        return;
    lz_place_apply(map, entry->map_size);
    copy(map, entry->map, entry->map_size);
    if (lz_os_move(map, entry->map_size, entry->map, entry->map_size) != 0)
        lz_log_fatal("fork: a block of huge pages could not be moved; "
                     "stopping");
    region->hugetlb = LZ_REGION_HUGETLB_REPLACED;
}

/* The next live block in reserved pages that is as the library made it. */
static struct lz_region *
next(uintptr_t *at)
{
    struct lz_region *region;

    while ((region = lz_region_walk(at)) != NULL) {
        if (region->hugetlb == LZ_REGION_HUGETLB_RESERVED &&
            lz_region_is_unchanged(region))
            return region;
        if (*at == 0)
            break;
    }
    return NULL;
}

void
lz_region_hugetlb_fork(void)
{
    struct lz_region *region;
    size_t bytes = 0;
    uintptr_t at = 0;

    if (LZ_LIKELY(lz_options.hugepages < LZ_HUGEPAGES_HUGETLB))
        return;
    while ((region = next(&at)) != NULL)
        bytes += region->entry.map_size;
    if (bytes == 0 || bytes <= lz_os_hugetlb_free(lz_region_hugetlb_size(1)) ||
        (lz_options.oracle != LZ_ORACLE_MEMSET && /* lz_os_ask_nothing */
         lz_os_memory_free() < bytes + bytes / 8))
        return;
    for (at = 0; (region = next(&at)) != NULL;)
        replace(region);
}
