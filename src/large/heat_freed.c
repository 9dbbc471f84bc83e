/* SPDX-License-Identifier: MIT */
/*
 * A region's pages at the end of a use: are they worth keeping? Asked here and
 * not when the region is taken again, since the program may touch other memory
 * before that, and held no more than one use at a time.
 */
#include "control/options.h"
#include "large/heat.h"
#include "large/zero.h"
#include "os/os.h"

/* Below, the pages of a sparse use are too few to matter. */
#define LOOK_LEAST (16 * LZ_MIB)

/* Little is populated: so much, and is it to go? */
static void
judge(struct lz_heat *heat, const struct lz_sparse_look *look, size_t bytes)
{
    bool is_first = !lz_sparse_is_known(&heat->pages);

    heat->unwanted = !lz_sparse_learn(&heat->pages, look, bytes);
    heat->drifts = heat->unwanted && !is_first;
    lz_heat_count_empty(heat, heat->drifts);
}

static size_t
look_freed(struct lz_heat *heat, char *map, size_t map_size, size_t reached)
{
    size_t most = reached / LZ_SPARSE_SHARE, bytes;
    struct lz_sparse_look look;

    lz_sparse_begin(&look, map, map_size);
    bytes = lz_zero_populated_seen(map, reached, most, &look);
    if (bytes != 0 && bytes <= most) {
        judge(heat, &look, bytes);
        return bytes;
    }
    heat->drifts = false;
    lz_heat_count_empty(heat, bytes == 0);
    return bytes == 0 ? 0 : reached;
}

/*
 * A use that began with pages is not looked at: the next calloc does that. A
 * block of which malloc alone knows is looked at while its pages do not stay.
 */
size_t
lz_heat_freed(struct lz_heat *heat, char *map, size_t map_size, size_t reached)
{
    size_t bytes;

    heat->unwanted = false;
    if (heat->warm || reached < LOOK_LEAST ||
        lz_options.oracle != LZ_ORACLE_AUTO)
        return reached;
    if (heat->unlooked > 0) {
        heat->unlooked--;
        heat->unwanted = heat->drifts;
        return heat->drifts ? 0 : reached;
    }
    bytes = look_freed(heat, map, map_size, reached);
    heat->warm = bytes != 0 && !heat->unwanted;
    return bytes;
}

bool
lz_heat_drop(struct lz_heat *heat, char *map, size_t map_size, size_t reached)
{
    size_t bytes = lz_round_up(reached, lz_os_page_size());

    if (!heat->unwanted)
        return false;
    heat->unwanted = false;
    heat->warm = !lz_os_is_plain(map, map_size) || !lz_os_discard_zeroes() ||
                 lz_os_discard(map, bytes) != 0;
    return !heat->warm;
}
