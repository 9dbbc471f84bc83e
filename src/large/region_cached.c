/* SPDX-License-Identifier: MIT */
/*
 * A freed block of middle size that waits in a CPU's cache (heap/cache.h). It
 * goes on being counted as live, so that neither its free nor its next malloc
 * changes a count that threads share.
 */
#include "base/assert.h"
#include "base/probe.h"
#include "control/numa.h"
#include "control/options.h"
#include "control/stats.h"
#include "large/region_inside.h"

/* The pages above its own size: up to this part of it. */
#define MORE_SHARE 4

/*
 * Each of these options says what has to happen to a block when it is freed, or
 * on which node its next owner has to be.
 */
bool
lz_region_cached_is_allowed(void)
{
    return lz_options.retain != 0 && lz_options.decay_ms != 0 &&
           !lz_options.guard && lz_options.background != LZ_BACKGROUND_ON &&
           lz_options.learn[0] == '\0' &&
           lz_numa_mode(lz_options.numa) != LZ_NUMA_LOCAL;
}

/* As the library made it. Where changes are not observed, that is not known. */
static bool
is_untouched(const struct lz_region *region)
{
    return lz_region_is_unchanged(region) && region->advice == 0 &&
           __atomic_load_n(&lz_region_observation, __ATOMIC_ACQUIRE) ==
               LZ_REGION_OBSERVED;
}

/* It has few more pages than its own size, by which a cache counts it. */
static bool
may_wait(const struct lz_region *region)
{
    return is_untouched(region) && region->hugetlb == 0 && !region->hugepages &&
           !region->tight && region->seams.count == 0 &&
           region->high_water <=
               lz_region_end_offset(region) + region->usable / MORE_SHARE;
}

size_t
lz_region_cached_put(struct lz_region *region, const void *p)
{
    enum state live = LIVE;

    if (region->base != p || !may_wait(region) ||
        !__atomic_compare_exchange_n(&region->state, &live, CACHED, false,
                                     __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
        return 0;
    LZ_ASSERT(lz_region_is_whole(region));
    LZ_PROBE1(free, region->base);
    return region->usable;
}

/*
 * For so many usable bytes. The block begins where it did, since its pages stay
 * where they are. False: the mapping is too short.
 */
static bool
place(struct lz_region *region, size_t usable)
{
    size_t before = region->usable;

    if (lz_region_stagger(region) + usable + lz_region_slack(region) >
        region->entry.map_size)
        return false;
    region->usable = usable;
    lz_region_raise_high_water(region);
    lz_region_count_live(region, usable, before);
    return true;
}

bool
lz_region_cached_take(struct lz_region *region, size_t n, bool zero)
{
    size_t usable = lz_region_usable_for(n);

    LZ_ASSERT(__atomic_load_n(&region->state, __ATOMIC_ACQUIRE) == CACHED);
    region->zeroed = zero;
    region->warm_end = region->high_water;
    if ((usable != region->usable && !place(region, usable)) ||
        !lz_region_is_fit(region, zero)) {
        lz_region_cached_free(region);
        return false;
    }
    if (zero)
        LZ_STAT_ADD(bytes_reused,
                    lz_region_make_zero(region, region->base, usable));
    lz_region_hand_out(region, zero, true);
    LZ_PROBE4(allocate, region->base, n, true, zero);
    return true;
}

void
lz_region_cached_release(struct lz_region *region)
{
    __atomic_store_n(&region->state, FREE, __ATOMIC_RELEASE);
    LZ_STAT_ADD(regions_freed, 1);
    lz_region_count_live(region, 0, region->usable);
    lz_region_destroy_kept(region);
}

/* It is still counted as live, so this is the free that was put off. */
void
lz_region_cached_free(struct lz_region *region)
{
    __atomic_store_n(&region->state, LIVE, __ATOMIC_RELEASE);
    lz_region_free(region);
}
