/* SPDX-License-Identifier: MIT */
#include "large/region.h"

#include "base/assert.h"
#include "base/probe.h"
#include "control/options.h"
#include "control/stats.h"
#include "large/history.h"
#include "large/hugepage.h"
#include "large/index.h"
#include "large/meta.h"
#include "large/place.h"
#include "large/pool.h"
#include "large/region_inside.h"
#include "large/retain.h"
#include "large/zero.h"
#include "os/os.h"

#define GRANULE LZ_INDEX_GRANULE

/*
 * Bases that are all 2 MiB aligned meet in the same cache and TLB sets, so that
 * walking several arrays in lockstep is slower. With more than 8 slots,
 * jemalloc's first pages would look like bases, and a free in a young heap
 * would take longer (doc/design.md).
 */
#define STAGGER_SLOTS 8

static size_t
stagger_slots(void)
{
    size_t fit = GRANULE / 2 / lz_os_page_size();

    return fit < STAGGER_SLOTS ? fit : STAGGER_SLOTS;
}

uintptr_t
lz_region_tag_mask(void)
{
    return (GRANULE - 1) & ~((stagger_slots() - 1) * lz_os_page_size());
}

/* Round robin over the slots that keep the alignment. */
static size_t
usual_stagger(size_t align)
{
    static size_t turn;
    size_t page = lz_os_page_size(), span = stagger_slots() * page;

    if (align >= span)
        return 0;
    if (align < page)
        align = page;
    return __atomic_fetch_add(&turn, 1, __ATOMIC_RELAXED) * align & (span - 1);
}

static size_t
next_stagger(size_t align)
{
    size_t stagger = usual_stagger(align);

    return LZ_UNLIKELY(lz_options.guard)
               ? lz_region_guard_stagger(stagger, align)
               : stagger;
}

size_t
lz_region_need_for(size_t usable)
{
    return lz_round_up(usable + stagger_slots() * lz_os_page_size(), GRANULE);
}

size_t
lz_region_map_size_for(size_t usable)
{
    return lz_pool_class_size(lz_region_need_for(usable));
}

size_t
lz_region_usable_for(size_t n)
{
    return lz_round_up(n, lz_os_page_size());
}

void *
lz_region_base(const struct lz_region *region)
{
    return region->base;
}

size_t
lz_region_usable(const struct lz_region *region)
{
    return region->usable;
}

size_t
lz_region_capacity(const struct lz_region *region)
{
    if (LZ_UNLIKELY(lz_options.guard))
        return region->usable;
    return (size_t)(lz_region_map_end(region) - region->base) -
           lz_region_slack(region);
}

/* The mapping, how long it is, and where in it the block begins. */
static char *
map_fresh(struct lz_region *region, size_t n, size_t align, size_t *stagger,
          size_t *size)
{
    char *map = lz_region_hugetlb_map(n, align, size);

    region->hugepages = false;
    region->hugetlb =
        map != NULL ? LZ_REGION_HUGETLB_RESERVED : LZ_REGION_HUGETLB_NONE;
    *stagger = map != NULL ? 0 : next_stagger(align);
    if (LZ_UNLIKELY(map != NULL))
        return map;
    map = lz_region_map_fresh(n, *stagger, align, size);
    if (map == NULL)
        return NULL;
    lz_place_apply(map, *size);
    lz_os_name(map, *size);
    region->hugepages = lz_hugepage_apply(map, *size);
    return map;
}

static struct lz_region *
make_fresh(size_t n, size_t align)
{
    struct lz_region *region = lz_meta_acquire();
    size_t stagger, size;
    char *map;

    if (region == NULL)
        return NULL;
    map = map_fresh(region, n, align, &stagger, &size);
    if (map == NULL) {
        lz_meta_release(region);
        return NULL;
    }
    lz_region_set_map(region, map, size);
    __atomic_store_n(&region->state, FREE, __ATOMIC_RELAXED);
    region->high_water = 0;
    region->warm_end = 0;
    region->held = 0;
    region->entry.resident = 0;
    region->seams.count = 0;
    region->entry.node = 0;
    region->unproved = region->hugetlb != LZ_REGION_HUGETLB_NONE;
    region->change = LZ_REGION_UNCHANGED;
    region->advice = 0;
    region->plain = false;
    region->tight = region->hugetlb || size != lz_pool_class_size(size);
    lz_region_place(region, n, stagger);
    region->history = (struct lz_history){0};
    lz_region_change_cover(map, size);
    lz_os_get_ready();
    if (lz_index_set_span(map, size, region) != 0 ||
        (LZ_UNLIKELY(lz_options.guard) && !lz_region_guard_close(region))) {
        region->plain = true; /* nobody has had it, so it has no holes */
        lz_region_destroy(region);
        return NULL;
    }
    return region;
}

void
lz_region_place_again(struct lz_region *region, size_t n, size_t align)
{
    size_t stagger = lz_region_stagger(region);

    region->warm_end = region->high_water;
    if ((stagger & (align - 1)) != 0)
        stagger = next_stagger(align);
    lz_region_place(region, n, stagger);
}

size_t
lz_region_make_zero(struct lz_region *region, char *p, size_t n)
{
    size_t written = n;

    if (LZ_UNLIKELY(!lz_region_may_spare(region)))
        lz_zero_write(p, n);
    else
        written = lz_history_zero(&region->history, region->entry.map,
                                  region->entry.map_size, p, n);
    LZ_PROBE3(zero, p, n, written);
    return written;
}

void
lz_region_zero_growth(struct lz_region *region, char *p, size_t n)
{
    if (!lz_region_may_spare(region) ||
        !lz_os_is_plain(region->entry.map, region->entry.map_size))
        lz_zero_write(p, n);
    else
        lz_zero(p, n);
    LZ_ASSERT(lz_zero_is_zero(p, n));
}

/*
 * How much of a reused block is resident: counted for zeroed memory, otherwise
 * a bound.
 */
static size_t
make_ready(struct lz_region *region, bool zero)
{
    if (zero)
        return lz_region_make_zero(region, region->base, region->usable);
    return region->entry.resident < region->usable ? region->entry.resident
                                                   : region->usable;
}

/*
 * Pages that it was given and that lie behind the block are held as well.
 * Reserved ones are nothing that kept memory could take the place of.
 */
void
lz_region_count_live(struct lz_region *region, size_t now, size_t before)
{
    size_t held =
        now == 0 || region->hugetlb ? 0 : lz_region_demand_held(region);

    lz_stats_change(&lz_stats.live_bytes, (intmax_t)now - (intmax_t)before);
    lz_retain_use((intptr_t)(held - region->held));
    region->held = held;
}

void
lz_region_hand_out(struct lz_region *region, bool zero, bool reused)
{
    LZ_ASSERT(lz_region_is_whole(region));
    LZ_ASSERT(!zero || lz_zero_is_zero(region->base, region->usable));
    region->reused = reused;
    region->plain = false;
    region->history.clean = false;
    __atomic_store_n(&region->awaits_memset, true, __ATOMIC_RELAXED);
    __atomic_store_n(&region->state, LIVE, __ATOMIC_RELEASE);
}

struct lz_region *
lz_region_allocate(size_t n, size_t align, bool zero)
{
    struct lz_region *region;
    bool reused;

    if (n > LZ_SIZE_LIMIT || align > LZ_SIZE_LIMIT / 2)
        return NULL;
    region = lz_region_reuse(n, align, zero);
    reused = region != NULL;
    if (reused) {
        LZ_STAT_ADD(bytes_reused, make_ready(region, zero));
    } else {
        region = make_fresh(n, align);
        if (region == NULL)
            return NULL;
        if (zero)
            LZ_STAT_ADD(bytes_not_zeroed, region->usable);
    }
    LZ_STAT_ADD(regions_allocated, 1);
    LZ_STAT_ADD(bytes_allocated, n);
    region->peak_before = lz_retain_peak();
    region->zeroed = zero;
    lz_region_count_live(region, region->usable, 0);
    /*
     * Before the block is used, so that what it takes is not kept in addition.
     */
    lz_region_release();
    LZ_ASSERT(((uintptr_t)region->base & (align - 1)) == 0);
    lz_region_hand_out(region, zero, reused);
    LZ_PROBE4(allocate, region->base, n, reused, zero);
    return region;
}

struct lz_region *
lz_region_find(const void *p)
{
    struct lz_region *region = lz_index_get(p);

    if (!lz_index_is_record(region) || region->base != p)
        return NULL;
    if (__atomic_load_n(&region->state, __ATOMIC_ACQUIRE) != LIVE)
        return NULL;
    return region;
}

bool
lz_region_is_reused(const struct lz_region *region)
{
    return region->reused;
}

size_t
lz_region_resident(const struct lz_region *region)
{
    return lz_zero_populated(region->base, region->usable, region->usable);
}

bool
lz_region_memset(void *p, size_t n)
{
    struct lz_region *region = lz_index_get(p);
    char *at = p, *map;

    if (!lz_index_is_record(region) ||
        __atomic_load_n(&region->state, __ATOMIC_ACQUIRE) != LIVE)
        return false;
    map = region->entry.map;
    if (at < region->base || at >= region->base + lz_os_page_size())
        return false;
    if (n < region->usable / 2 ||
        n > region->usable - (size_t)(at - region->base))
        return false;
    if (!__atomic_exchange_n(&region->awaits_memset, false, __ATOMIC_ACQ_REL) ||
        !lz_region_may_spare(region) ||
        lz_history_is_write(&region->history, map, at, n))
        return false;
    if (lz_os_is_on_signal_stack() ||
        !lz_os_is_plain(map, region->entry.map_size))
        return false;
    lz_history_zero_live(&region->history, map, region->entry.map_size, at, n);
    LZ_PROBE2(memset, at, n);
    LZ_ASSERT(lz_zero_is_zero(at, n));
    return true;
}
