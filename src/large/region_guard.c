/* SPDX-License-Identifier: MIT */
/*
 * LAZYZERO_GUARD: the pages around a block are inaccessible, and so is a freed
 * block until its time in the pool is over. It is not reused, so a stale
 * pointer never reaches a new owner in that time.
 */
#include "base/assert.h"
#include "control/options.h"
#include "large/region_inside.h"
#include "os/os.h"

size_t
lz_region_guard_stagger(size_t stagger, size_t align)
{
    size_t page = lz_os_page_size();

    if (stagger != 0)
        return stagger;
    return align < page ? page : align;
}

bool
lz_region_guard_close(const struct lz_region *region)
{
    char *map = region->entry.map, *end = region->base + region->usable;

    LZ_ASSERT(lz_region_stagger(region) != 0 &&
              end < lz_region_map_end(region));
    return lz_os_protect(map, lz_region_stagger(region)) == 0 &&
           lz_os_protect(end, (size_t)(lz_region_map_end(region) - end)) == 0;
}

void
lz_region_guard_shrink(struct lz_region *region, size_t usable)
{
    char *end = region->base + usable;
    size_t rest = region->usable - usable;

    LZ_ASSERT(usable <= region->usable);
    if (rest == 0 || lz_os_protect(end, rest) != 0)
        return;
    region->usable = usable;
    lz_os_discard(end, rest);
}

bool
lz_region_guard_free(struct lz_region *region)
{
    struct lz_pool_entry *entry = &region->entry;

    if (lz_os_protect(entry->map, entry->map_size) != 0 ||
        lz_os_discard(entry->map, entry->map_size) != 0)
        return false;
    entry->resident = 0;
    region->history.clean = true; /* nothing for the background thread to do */
    return true;
}
