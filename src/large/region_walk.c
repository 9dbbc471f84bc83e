/* SPDX-License-Identifier: MIT */
/* One live block after the other, by address. */
#include "large/index.h"
#include "large/region_inside.h"

/* One granule, where the record belongs to another thread's region by now. */
static uintptr_t
end_of(const struct lz_region *region, uintptr_t at)
{
    uintptr_t map =
        (uintptr_t)__atomic_load_n(&region->entry.map, __ATOMIC_RELAXED);
    size_t size = __atomic_load_n(&region->entry.map_size, __ATOMIC_RELAXED);

    return map <= at && at - map < size
               ? map + size
               : lz_round_down(at, LZ_INDEX_GRANULE) + LZ_INDEX_GRANULE;
}

struct lz_region *
lz_region_walk(uintptr_t *at)
{
    struct lz_region *region;

    while ((region = lz_index_first(at, UINTPTR_MAX)) != NULL) {
        *at = end_of(region, *at);
        if (__atomic_load_n(&region->state, __ATOMIC_ACQUIRE) == LIVE)
            return region;
        if (*at == 0)
            break;
    }
    return NULL;
}
