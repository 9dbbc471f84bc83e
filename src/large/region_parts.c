/* SPDX-License-Identifier: MIT */
/*
 * A live block of several mappings (region_join.c) grows: its parts are moved
 * to a new mapping, one by one. The old ones stay mapped until all have moved.
 * So if the system refuses one, those before it can be copied back. The copies
 * are other pages than those that a device may have pinned. So whether each
 * part may be moved is asked before.
 */
#include <string.h>

#include "base/assert.h"
#include "large/index.h"
#include "large/place.h"
#include "large/region_inside.h"
#include "os/os.h"

#define GRANULE LZ_INDEX_GRANULE

/*
 * The program has locked all of its memory. If locked pages are moved while the
 * old mapping stays (mremap(2), MREMAP_DONTUNMAP), the kernel counts them twice
 * for good, and RLIMIT_MEMLOCK is reached. A lock of one block marks this
 * block.
 */
static bool are_locked; /* atomic */

void
lz_region_all_locked(void)
{
    __atomic_store_n(&are_locked, true, __ATOMIC_RELAXED);
}

size_t
lz_region_part_end(const struct lz_seams *seams, size_t at, size_t end)
{
    LZ_ASSERT(at < end);
    for (size_t i = 0; i < seams->count; i++) {
        size_t seam = seams->at[i] * GRANULE;

        if (seam > at && seam < end)
            return seam;
    }
    return end;
}

/*
 * The pages of [0, at) are copied back, which cannot fail. Of the next part,
 * the target may be another's by now.
 */
static void
undo(const struct lz_region *region, char *map, size_t map_size, size_t at)
{
    const struct lz_pool_entry *entry = &region->entry;
    size_t rest = lz_region_part_end(&region->seams, at, entry->map_size);

    LZ_ASSERT(at < rest && rest <= entry->map_size);
    if (at != 0) {
        memcpy(entry->map, map, at);
        lz_os_unmap(map, at);
    }
    if (rest < map_size)
        lz_os_unmap(map + rest, map_size - rest);
}

static bool
move_all(const struct lz_region *region, char *map, size_t map_size)
{
    const struct lz_pool_entry *entry = &region->entry;
    size_t end;

    for (size_t at = 0; at < entry->map_size; at = end) {
        end = lz_region_part_end(&region->seams, at, entry->map_size);
        if (lz_os_move_out(entry->map + at, end - at, map + at) != 0) {
            undo(region, map, map_size, at);
            return false;
        }
    }
    return true;
}

bool
lz_region_move_parts(struct lz_region *region, char *map, size_t map_size)
{
    struct lz_pool_entry *entry = &region->entry;
    struct lz_seams *seams = &region->seams;
    char *from = entry->map;
    size_t size = entry->map_size;

    LZ_ASSERT(seams->count != 0 && size < map_size);
    /* As in lz_region_move_onto. The fresh end is one part more. */
    if (seams->count == LZ_REGION_SEAMS || size / GRANULE > UINT16_MAX ||
        __atomic_load_n(&are_locked, __ATOMIC_RELAXED) ||
        !lz_region_may_be_cut(region) ||
        lz_index_set_span(map, map_size, region) != 0) {
        lz_os_unmap(map, map_size);
        return false;
    }
    lz_index_set_span(map, map_size, NULL);
    lz_index_set_span(from, size, NULL);
    if (!move_all(region, map, map_size)) {
        lz_index_set_span(from, size, region);
        return false;
    }
    lz_index_set_span(map, map_size, region);
    seams->at[seams->count++] = (uint16_t)(size / GRANULE);
    lz_region_set_map(region, map, map_size);
    LZ_ASSERT(lz_region_is_divided(region));
    lz_place_apply(map + size, map_size - size);
    lz_os_name(map + size, map_size - size);
    lz_os_unmap(from, size);
    return true;
}
