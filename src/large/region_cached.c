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

/* As the library made it, with no more pages than its own size. */
static bool
may_wait(const struct lz_region *region, size_t most)
{
    return lz_region_is_untouched(region) && region->hugetlb == 0 &&
           !region->hugepages && !region->tight && region->seams.count == 0 &&
           region->high_water <= lz_region_stagger(region) + most;
}

bool
lz_region_cached_put(struct lz_region *region, size_t most)
{
    enum state live = LIVE;

    if (!may_wait(region, most) ||
        !__atomic_compare_exchange_n(&region->state, &live, CACHED, false,
                                     __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
        return false;
    LZ_ASSERT(lz_region_is_whole(region));
    LZ_PROBE1(free, region->base);
    return true;
}

/* Its pages stay where they are, so the block begins where it did. */
static bool
fits(const struct lz_region *region, size_t n)
{
    return lz_region_stagger(region) + lz_region_usable_for(n) +
               lz_region_slack(region) <=
           region->entry.map_size;
}

/* False: the mapping is not ours to hand out any more. */
static bool
place(struct lz_region *region, size_t n, bool zero)
{
    size_t before = region->usable;

    region->zeroed = zero;
    lz_region_place_again(region, n, 1);
    if (LZ_UNLIKELY(region->usable != before))
        lz_region_count_live(region, region->usable, before);
    return lz_region_is_fit(region, zero);
}

bool
lz_region_cached_take(struct lz_region *region, size_t n, bool zero)
{
    LZ_ASSERT(__atomic_load_n(&region->state, __ATOMIC_ACQUIRE) == CACHED);
    if (!fits(region, n) || !place(region, n, zero)) {
        lz_region_cached_free(region);
        return false;
    }
    if (zero)
        LZ_STAT_ADD(bytes_reused,
                    lz_region_make_zero(region, region->base, region->usable));
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
