/* SPDX-License-Identifier: MIT */
/* Freed regions on their way out: unmapped, or cut down to what may stay. */
#include "base/assert.h"
#include "base/probe.h"
#include "control/options.h"
#include "control/stats.h"
#include "control/trace.h"
#include "large/index.h"
#include "large/meta.h"
#include "large/region_inside.h"
#include "large/retain.h"
#include "os/os.h"

#define GRANULE LZ_INDEX_GRANULE

/*
 * How many bytes of old regions one call unmaps, and one region more, since it
 * takes time.
 */
#define AGED_MOST (64 * LZ_MIB)

/* What an idle process keeps until the decay time: next to nothing. */
#define IDLE_MOST (4 * LZ_MIB)

/* An idle process waits for this part of the decay time before that. */
#define IDLE_SHARE 100

void
lz_region_forget(struct lz_region *region)
{
    lz_index_set_span(region->entry.map, region->entry.map_size, NULL);
    lz_meta_release(region);
}

/* See lz_os_unmap for the failure. */
static void
unmap(char *start, size_t length)
{
    if (lz_os_unmap(start, length) != 0)
        lz_os_discard(start, length);
}

/* From there on: what the index says is nobody's. */
static size_t
free_length(const struct lz_region *region, size_t at)
{
    size_t end = at;

    while (end < region->entry.map_size &&
           lz_index_get(region->entry.map + end) == NULL)
        end += GRANULE;
    return end - at;
}

/*
 * Other blocks may have moved into holes that the program left before it freed
 * this one. The index knows them.
 */
static void
unmap_around(struct lz_region *region)
{
    size_t length;

    for (size_t at = 0; at < region->entry.map_size; at += length + GRANULE) {
        length = free_length(region, at);
        if (length != 0)
            unmap(region->entry.map + at, length);
    }
}

static bool
may_have_holes(const struct lz_region *region)
{
    return !region->plain &&
           (lz_region_is_changed(region) || !lz_region_change_is_observed());
}

/*
 * If the program mapped something over a block that it had freed, that mapping
 * is not ours. The region is forgotten and not unmapped.
 */
void
lz_region_destroy(struct lz_region *region)
{
    struct lz_pool_entry *entry = &region->entry;

    LZ_ASSERT(__atomic_load_n(&region->state, __ATOMIC_ACQUIRE) == FREE);
    /*
     * Before the unmapping: afterwards, another thread's region may get the
     * address.
     */
    lz_index_clear_span(entry->map, entry->map_size, region);
    LZ_PROBE2(release, entry->map, entry->map_size);
    if (may_have_holes(region))
        unmap_around(region);
    else if (!region->plain ||
             __atomic_load_n(&region->change, __ATOMIC_ACQUIRE) !=
                 LZ_REGION_REMAPPED)
        unmap(entry->map, entry->map_size);
    lz_meta_release(region);
}

static LZ_COLD void
destroy_traced(struct lz_region *region)
{
    struct lz_trace_event event = {.call = "release",
                                   .how = "released",
                                   .address = region->base,
                                   .usable = region->usable,
                                   .resident = region->entry.resident,
                                   .is_resident_known = true};

    lz_trace_begin(&event);
    lz_region_destroy(region);
    lz_trace_end(&event);
}

void
lz_region_destroy_kept(struct lz_region *region)
{
    LZ_STAT_ADD(regions_released, 1);
    if (LZ_UNLIKELY(lz_trace_on))
        destroy_traced(region);
    else
        lz_region_destroy(region);
}

static void
destroy_kept(struct lz_pool_entry *entry)
{
    lz_region_destroy_kept((struct lz_region *)entry);
}

void
lz_region_let_go(struct lz_region *region)
{
    size_t class = lz_pool_class(region->entry.map_size);
    size_t bytes = region->entry.resident;

    LZ_STAT_ADD(regions_let_go, 1);
    destroy_kept(&region->entry);
    /* Afterwards: unmapping takes time. */
    lz_retain_let_go(class, bytes);
}

/*
 * Discards the end of what may be resident, so that the rest may stay. False:
 * it is not worth it, or the system refuses.
 */
static bool
cut(struct lz_region *region, size_t excess)
{
    struct lz_pool_entry *entry = &region->entry;
    size_t most = lz_round_up(region->high_water, lz_os_page_size());

    LZ_ASSERT(lz_region_is_sound(region));
    excess = lz_round_up(excess, GRANULE);
    if (entry->resident != region->high_water ||
        excess + GRANULE > entry->resident ||
        lz_os_discard(entry->map + most - excess, excess) != 0)
        return false;
    lz_history_forget(&region->history);
    region->high_water = most - excess;
    entry->resident = region->high_water;
    LZ_ASSERT(region->high_water <= entry->map_size);
    return true;
}

/*
 * A victim that is not old, but one too many: the pool holds more than it may.
 */
static void
make_room(struct lz_pool_entry *entry, size_t most)
{
    struct lz_region *region = (struct lz_region *)entry;
    size_t all = lz_pool_resident() + entry->resident;

    if (all > most && cut(region, all - most))
        lz_pool_put_oldest(entry);
    else
        lz_region_let_go(region);
}

size_t
lz_region_release(void)
{
    size_t aged = 0, count = 0, most;
    struct lz_pool_entry *entry;

    while (!lz_pool_is_empty() &&
           (most = lz_retain_limit(),
            (aged < AGED_MOST || lz_pool_resident() > most) &&
                (entry = lz_pool_victim(most)) != NULL)) {
        count++;
        if (lz_pool_is_past(entry)) {
            aged += entry->resident;
            destroy_kept(entry);
            lz_retain_unused();
        } else {
            make_room(entry, most);
        }
    }
    if (count != 0)
        lz_region_rest();
    return count;
}

size_t
lz_region_release_all(void)
{
    size_t count = 0;
    struct lz_pool_entry *entry;

    for (; (entry = lz_pool_take_oldest()) != NULL; count++)
        destroy_kept(entry);
    return count;
}

/* Releases down to that many bytes, and what is past its time. */
static void
release_idle(size_t most)
{
    struct lz_pool_entry *entry;

    while ((entry = lz_pool_try_victim(most)) != NULL) {
        destroy_kept(entry);
        lz_retain_unused();
    }
}

unsigned
lz_region_idle(unsigned waited)
{
    size_t grace = lz_options.decay_ms / IDLE_SHARE;

    if (lz_pool_is_empty())
        return 0;
    if (waited >= lz_options.decay_ms) {
        release_idle(0);
        return lz_pool_due();
    }
    /* A user who names a size wants that much to stay for the decay time. */
    if (lz_options.retain != LZ_RETAIN_AUTO) {
        release_idle(SIZE_MAX);
        return lz_pool_due();
    }
    if (waited < grace && lz_pool_resident() > IDLE_MOST)
        return (unsigned)grace - waited;
    release_idle(IDLE_MOST);
    return lz_pool_due();
}
