/* SPDX-License-Identifier: MIT */
/*
 * The end of a use: what is resident, and whether it is kept, with its
 * contents, cleaned, or not at all.
 */
#include "base/assert.h"
#include "control/options.h"
#include "control/stats.h"
#include "large/hugepage.h"
#include "large/index.h"
#include "large/place.h"
#include "large/region_inside.h"
#include "large/retain.h"
#include "large/zero.h"
#include "os/os.h"

/* Fresh pages of a use that are worth a look when it has ended. */
#define FRESH_LEAST (16 * LZ_MIB)

/*
 * May zeros be written to all pages of a freed region? A program may have left
 * some that end whoever writes there, and nobody heard of it (a system call by
 * hand, userfaultfd). Pages that were swapped out are not worth reading back.
 */
static bool
may_be_written(const struct lz_region *region)
{
    const struct lz_pool_entry *entry = &region->entry;
    int error;

    if (lz_options.oracle != LZ_ORACLE_MEMSET)
        return lz_zero_is_present(entry->map, entry->map_size);
    /* All of it will be written without a look: the system tries first. */
    error = lz_os_populate(entry->map, entry->map_size);
    return error == 0 || error == ENOSYS;
}

static void
make_clean(struct lz_region *region)
{
    char *end = region->base + region->usable;

    LZ_ASSERT(end <= lz_region_map_end(region));
    lz_region_make_zero(region, region->base, region->usable);
    /*
     * Zero around the block, too: the next one here may be larger, or begin
     * elsewhere.
     */
    lz_zero(region->entry.map, (size_t)(region->base - region->entry.map));
    lz_zero(end, (size_t)(lz_region_map_end(region) - end));
    region->history.clean = true;
}

/* For one that is unproved: all of it is written. */
static bool
make_zero(const struct lz_region *region)
{
    if (!lz_os_is_surely_plain(region->entry.map, region->entry.map_size) ||
        !may_be_written(region))
        return false;
    lz_zero_write(region->entry.map, region->high_water);
    return true;
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
    if (region->unproved)
        return make_zero(region);
    if (!lz_region_is_ours(region, true) || !may_be_written(region))
        return false;
    make_clean(region);
    return true;
}

/* Of a block that began with kept pages, only what was fresh is looked at. */
static size_t
count_used(struct lz_region *region)
{
    size_t most = region->high_water, fresh = most - region->warm_end, used;

    if (!region->history.warm || most < region->warm_end + FRESH_LEAST ||
        lz_options.oracle != LZ_ORACLE_AUTO)
        return lz_history_freed(&region->history, region->entry.map,
                                region->entry.map_size, most);
    used = lz_zero_populated(region->entry.map + region->warm_end, fresh,
                             fresh / 2);
    return used <= fresh / 2 ? region->warm_end + used : most;
}

/*
 * A vector that doubles its size leaves an end that it never reached. A calloc
 * may touch few pages anywhere, so that the last one says nothing of the rest.
 */
static size_t
find_touched_end(const struct lz_region *region)
{
    size_t warm = region->warm_end, fresh = region->high_water - warm;

    if (region->zeroed || region->high_water < warm + FRESH_LEAST ||
        lz_options.oracle != LZ_ORACLE_AUTO)
        return region->high_water;
    return warm + lz_zero_touched_end(region->entry.map + warm, fresh);
}

/*
 * The largest size that the block had is a bound that costs nothing. If that is
 * too much for the pool, the pages are counted: a sparse block of many GiB may
 * still be kept for what it really holds.
 */
static size_t
count_resident(struct lz_region *region)
{
    size_t most = region->high_water, populated = count_used(region);
    size_t touched = populated != 0 ? find_touched_end(region) : most;

    if (populated > touched)
        populated = touched;
    lz_region_demand_learn(region, populated);
    region->high_water = touched;
    if (populated < most || most <= lz_retain_limit())
        return populated;
    populated = lz_zero_populated(region->entry.map, most, most / 2);
    return populated <= most / 2 ? populated : most;
}

/*
 * A read of a page that was swapped out waits for the disk, and a read of a
 * poisoned one kills the process.
 */
static bool
may_be_read(const struct lz_region *region)
{
    const struct lz_pool_entry *entry = &region->entry;

    return lz_options.oracle == LZ_ORACLE_AUTO && lz_region_may_spare(region) &&
           lz_os_is_surely_plain(entry->map, entry->map_size) &&
           lz_zero_is_present(entry->map, entry->map_size);
}

/*
 * Huge pages hide what the program touched: samples of a first use tell
 * whether its class is still used in full.
 */
static void
check_hugepages(struct lz_region *region)
{
    if (LZ_LIKELY(!region->hugepages))
        return;
    region->hugepages = false;
    if (may_be_read(region) &&
        lz_history_is_sparse(region->base, region->usable))
        lz_hugepage_learn(region->entry.map_size, false);
}

static void
put(struct lz_region *region)
{
    struct lz_pool_entry *entry = &region->entry;

    if (lz_history_drop(&region->history, entry->map, entry->map_size,
                        region->high_water))
        entry->resident = 0;
    lz_pool_put(entry);
}

/* Warm for the next one, or not at all. So many bytes were counted as held. */
static void
keep(struct lz_region *region, size_t held)
{
    struct lz_pool_entry *entry = &region->entry;

    check_hugepages(region);
    lz_retain_look(lz_pool_resident() + region->high_water);
    entry->resident = count_resident(region);
    if (entry->resident < held)
        lz_retain_held_less(held - entry->resident, region->peak_before,
                            region->zeroed);
    entry->freed_at = lz_os_now();
    LZ_ASSERT(entry->resident <= entry->map_size);
    if (entry->resident / 2 > lz_retain_limit())
        lz_region_let_go(region);
    else if (LZ_LIKELY(lz_region_may_keep(region) &&
                       lz_place_settle(entry->map, region->high_water,
                                       &entry->node) &&
                       lz_region_drop_contents(region)))
        put(region);
    else
        lz_region_destroy(region);
}

bool
lz_region_free(struct lz_region *region)
{
    enum state live = LIVE;
    size_t held;

    if (!__atomic_compare_exchange_n(&region->state, &live, FREE, false,
                                     __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
        return false;
    LZ_ASSERT(lz_region_is_whole(region));
    LZ_STAT_ADD(regions_freed, 1);
    held = region->held;
    if (LZ_UNLIKELY(lz_options.learn[0] != '\0'))
        lz_region_profile_look(region);
    lz_region_count_live(region, 0, region->usable);
    if (LZ_UNLIKELY(region->hugetlb))
        lz_region_destroy(region);
    else
        keep(region, held);
    lz_region_release();
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
    if (region->unproved) {
        /* Its next zeroing writes it in any case. */
        region->history.clean = true;
        lz_pool_put(entry);
        return true;
    }
    if (!lz_region_is_ours(region, true) || !may_be_written(region)) {
        lz_region_destroy(region);
        return true;
    }
    make_clean(region);
    lz_pool_put(entry);
    return true;
}
