/* SPDX-License-Identifier: MIT */
/* Freed regions: cleaned, their contents dropped, or forgotten. */
#include "control/options.h"
#include "control/stats.h"
#include "large/index.h"
#include "large/region_inside.h"
#include "large/zero.h"
#include "os/os.h"

/*
 * If the system refuses the advice, a part of the mapping may differ from the
 * rest from now on (madvise(2), ENOMEM: it would be one mapping more than
 * allowed).
 */
static void
inherit_all(bool inherited)
{
    struct lz_pool_entry *entry = lz_pool_oldest, *newer;

    for (; entry != NULL; entry = newer) {
        int error = lz_os_inherit(entry->map, entry->map_size, inherited);

        newer = entry->newer;
        if (error == 0 || error == ENOSYS)
            continue;
        lz_pool_fork_remove(entry);
        lz_region_destroy((struct lz_region *)entry);
    }
}

void
lz_region_fork_prepare(void)
{
    inherit_all(false);
}

void
lz_region_fork_parent(void)
{
    inherit_all(true);
}

static bool
is_any(const struct lz_pool_entry *entry)
{
    (void)entry;
    return true;
}

/*
 * A mapping that the child did not inherit is forgotten and not unmapped, since
 * another mapping may soon lie there. If the system does not know the advice,
 * the child has inherited it. If it inherited only a part, because of the
 * program's own advice, that part stays mapped.
 */
void
lz_region_fork_child(void)
{
    struct lz_pool_entry *entry;

    while ((entry = lz_pool_remove_if(is_any)) != NULL) {
        struct lz_region *region = (struct lz_region *)entry;

        if (lz_os_is_mapped(entry->map, entry->map_size))
            lz_region_destroy(region);
        else
            lz_region_forget(region);
    }
}

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
    region->heat.clean = true;
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
    return !((const struct lz_region *)entry)->heat.clean;
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
