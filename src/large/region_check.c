/* SPDX-License-Identifier: MIT */
/* What must hold of a record: for asserts, which only a debug build has. */
#include "control/options.h"
#include "large/index.h"
#include "large/region_inside.h"
#include "os/os.h"

bool
lz_region_is_divided(const struct lz_region *region)
{
    const struct lz_seams *seams = &region->seams;
    size_t before = 0;

    for (size_t i = 0; i < seams->count; i++) {
        if (seams->at[i] <= before)
            return false;
        before = seams->at[i];
    }
    return seams->count <= LZ_REGION_SEAMS &&
           before < region->entry.map_size / LZ_INDEX_GRANULE;
}

static bool
fits(const struct lz_region *region)
{
    const struct lz_pool_entry *entry = &region->entry;

    return entry->map_size != 0 && entry->map_size % LZ_INDEX_GRANULE == 0 &&
           ((uintptr_t)entry->map & (LZ_INDEX_GRANULE - 1)) == 0 &&
           region->high_water <= entry->map_size &&
           lz_region_stagger(region) < entry->map_size &&
           lz_region_is_divided(region) && lz_index_get(region->base) == region;
}

bool
lz_region_is_sound(const struct lz_region *region)
{
    return __atomic_load_n(&region->state, __ATOMIC_ACQUIRE) == FREE &&
           region->entry.resident <= region->entry.map_size &&
           region->hugetlb == LZ_REGION_HUGETLB_NONE && fits(region);
}

bool
lz_region_holds_block(const struct lz_region *region)
{
    return fits(region) && region->usable != 0 &&
           (region->usable & (lz_os_page_size() - 1)) == 0 &&
           region->high_water >= lz_region_end_offset(region) &&
           lz_region_end_offset(region) + lz_region_slack(region) <=
               region->entry.map_size;
}

/* Guards take the place of slack and stagger. */
bool
lz_region_is_whole(const struct lz_region *region)
{
    return lz_region_holds_block(region) &&
           (lz_options.guard ||
            ((uintptr_t)region->base & lz_region_tag_mask()) == 0);
}
