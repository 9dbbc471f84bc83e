/* SPDX-License-Identifier: MIT */
/* Freed regions: cleaned, or their contents dropped. */
#include "control/options.h"
#include "control/stats.h"
#include "large/index.h"
#include "large/region_inside.h"
#include "large/zero.h"
#include "os/os.h"

static void
make_clean(struct lz_region *region)
{
    char *end = region->base + region->usable;

    lz_region_make_zero(region, region->base, region->usable);
    /*
     * Zero around the block, too: the next one here may be larger, or begin
     * elsewhere.
     */
    lz_zero(region->entry.map, (size_t)(region->base - region->entry.map));
    lz_zero(end, (size_t)(lz_region_map_end(region) - end));
    region->history.clean = true;
}

bool
lz_region_drop_contents(struct lz_region *region)
{
    if (LZ_UNLIKELY(lz_options.guard))
        return lz_region_guard_free(region);
    region->plain = lz_region_make_plain(region);
    if (!region->plain)
        return false;
    if (LZ_LIKELY(!lz_options.zero_on_free))
        return true;
    if (!lz_region_is_ours(region, true))
        return false;
    make_clean(region);
    return true;
}

bool
lz_region_pool_is_empty(void)
{
    return lz_pool_is_empty();
}

void
lz_region_rest(void)
{
    if (lz_pool_is_empty() &&
        __atomic_load_n(&lz_stats.live_bytes.now, __ATOMIC_RELAXED) == 0)
        lz_os_rest();
}

static bool
is_dirty(const struct lz_pool_entry *entry)
{
    return !((const struct lz_region *)entry)->history.clean;
}

bool
lz_region_prepare(void)
{
    struct lz_pool_entry *entry = lz_pool_remove_if(is_dirty);
    struct lz_region *region = (struct lz_region *)entry;

    if (region == NULL)
        return false;
    if (!lz_region_is_ours(region, true)) {
        lz_region_destroy(region);
        return true;
    }
    make_clean(region);
    lz_pool_put(entry);
    return true;
}
