/* SPDX-License-Identifier: MIT */
/* Which kept region, or which kept pages, a request gets. */
#include "base/assert.h"
#include "control/options.h"
#include "control/stats.h"
#include "large/history.h"
#include "large/index.h"
#include "large/region_inside.h"
#include "large/retain.h"

#define GRANULE LZ_INDEX_GRANULE

/* Will some pages be handed out as zero without having been written? */
static bool
will_spare_pages(const struct lz_region *region, bool zero)
{
    return zero && !region->unproved &&
           lz_history_plan(&region->history, region->entry.map, region->base,
                           region->usable) != LZ_PLAN_WRITE;
}

bool
lz_region_is_fit(const struct lz_region *region, bool zero)
{
    return lz_region_is_ours(region, will_spare_pages(region, zero));
}

/*
 * A freed region of that size class. One that the program left in a state that
 * must not be reused (a file or shared memory mapped over it, protected,
 * locked) is unmapped instead.
 */
static struct lz_region *
take_same(size_t n, size_t size, size_t align, bool zero)
{
    struct lz_region *region, *other;

    while ((region = (struct lz_region *)lz_pool_take(size)) != NULL) {
        if (zero && region->seams.count != 0) {
            lz_region_take_apart(region);
            continue;
        }
        /* A block that malloc gives is written, as a rule. */
        if (!zero && region->zeroed && !lz_region_is_dense(region) &&
            (other = lz_region_take_other(n, align, false)) != NULL) {
            lz_pool_put(&region->entry);
            return other;
        }
        if (!zero)
            lz_region_spare(region, size);
        lz_region_place_again(region, n, align);
        if (lz_region_is_fit(region, zero))
            return region;
        lz_region_destroy(region);
    }
    return NULL;
}

/* Pages of other sizes, where they are worth it. */
static struct lz_region *
take_other(size_t n, size_t size, size_t align, bool zero)
{
    struct lz_region *region;

    if (zero && !lz_region_demand_is_dense(size))
        return NULL;
    region = lz_region_take_other(n, align, zero);
    if (region != NULL && zero)
        lz_region_demand_spend(size);
    if (region == NULL || lz_region_is_fit(region, zero))
        return region;
    lz_region_destroy(region);
    return NULL;
}

/*
 * So much more may be kept than there was when a part of it was of use.
 * Otherwise a program whose sizes vary would fault in again what was let go
 * before its pattern was seen.
 */
#define TRUST_SHARE 4

struct lz_region *
lz_region_reuse(size_t n, size_t align, bool zero)
{
    size_t size = lz_region_need_for(lz_region_usable_for(n));
    size_t class = lz_pool_class(lz_pool_class_size(size));
    bool any = !zero || lz_region_demand_is_dense(size);
    struct lz_region *region;
    size_t kept;

    if (align > GRANULE || LZ_UNLIKELY(lz_options.guard))
        return NULL;
    region = take_same(n, size, align, zero);
    if (region == NULL)
        region = take_other(n, size, align, zero);
    LZ_ASSERT(region == NULL || lz_region_holds_block(region));
    if (region == NULL) {
        lz_retain_fresh(class, lz_region_usable_for(n), any);
        return NULL;
    }
    LZ_STAT_ADD(regions_reused, 1);
    kept = lz_pool_resident() + region->usable;
    lz_retain_reused(kept + kept / TRUST_SHARE);
    if (region->high_water >= region->warm_end + GRANULE)
        lz_retain_fresh(class, region->high_water - region->warm_end, any);
    return region;
}
