/* SPDX-License-Identifier: MIT */
/*
 * A region's pages at the end of a use: are they worth keeping? Asked here and
 * not when the region is taken again, since the program may touch other memory
 * before that, and held no more than one use at a time.
 */
#include "control/options.h"
#include "large/history.h"
#include "large/zero.h"
#include "os/os.h"

/* Below, the pages of a sparse use are too few to matter. */
#define LOOK_LEAST (16 * LZ_MIB)

/* Little is populated: so much, and is it to go? */
static void
judge(struct lz_history *history, const struct lz_sparse_look *look,
      size_t bytes)
{
    bool is_first = !lz_sparse_is_known(&history->pages);

    history->unwanted = !lz_sparse_learn(&history->pages, look, bytes);
    history->drifts = history->unwanted && !is_first;
    lz_history_count_empty(history, history->drifts);
}

static size_t
look_freed(struct lz_history *history, char *map, size_t map_size,
           size_t high_water)
{
    size_t most = high_water / LZ_SPARSE_SHARE, bytes;
    struct lz_sparse_look look;

    lz_sparse_begin(&look, map, map_size);
    bytes = lz_zero_populated_seen(map, high_water, most, &look);
    if (bytes != 0 && bytes <= most) {
        judge(history, &look, bytes);
        return bytes;
    }
    history->drifts = false;
    lz_history_count_empty(history, bytes == 0);
    return bytes == 0 ? 0 : high_water;
}

/*
 * A use that began with pages is not looked at: the next calloc does that. A
 * block of which malloc alone knows is looked at while its pages do not stay.
 */
size_t
lz_history_freed(struct lz_history *history, char *map, size_t map_size,
                 size_t high_water)
{
    size_t bytes;

    history->unwanted = false;
    if (history->warm || high_water < LOOK_LEAST ||
        lz_options.oracle != LZ_ORACLE_AUTO)
        return high_water;
    if (history->unlooked > 0) {
        history->unlooked--;
        history->unwanted = history->drifts;
        return history->drifts ? 0 : high_water;
    }
    bytes = look_freed(history, map, map_size, high_water);
    history->warm = bytes != 0 && !history->unwanted;
    return bytes;
}

bool
lz_history_drop(struct lz_history *history, char *map, size_t map_size,
                size_t high_water)
{
    size_t bytes = lz_round_up(high_water, lz_os_page_size());

    if (!history->unwanted)
        return false;
    history->unwanted = false;
    history->warm = !lz_os_is_plain(map, map_size) || !lz_os_discard_zeroes() ||
                    lz_os_discard(map, bytes) != 0;
    return !history->warm;
}
