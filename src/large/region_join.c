/* SPDX-License-Identifier: MIT */
/*
 * Several kept regions become one. Their page tables are moved to a new
 * mapping, one behind the other, and what is still missing is fresh. To move a
 * page costs a thousandth of what it costs to fault in another (doc/design.md).
 *
 * The kernel does not merge mappings that were faulted in at other addresses.
 * So the region has seams. That a part of it is one mapping is no proof that
 * nobody changed it, since a change may end where the part does. It is unproved
 * from then on, and so is each part of it: none of its pages is handed out as
 * zero without having been written.
 */
#include "base/assert.h"
#include "control/options.h"
#include "control/stats.h"
#include "large/index.h"
#include "large/meta.h"
#include "large/region_inside.h"
#include "os/os.h"

#define GRANULE LZ_INDEX_GRANULE

/* More pieces cost more mappings, of which the system allows 65,530. */
#define PIECES_MOST 16

/* What a seam can tell: 128 GiB, or 16 with 32 bits. */
#define LENGTH_MOST (UINT16_MAX * GRANULE)

/* A piece is at least this part of the whole. */
#define PIECE_SHARE 64

/* The pieces of one region, in the order in which they are joined. */
struct pieces {
    struct lz_region *piece[PIECES_MOST];
    size_t count, bytes;
    size_t seams; /* that the region will have */
    struct lz_region *unfit[PIECES_MOST];
    size_t unfit_count;
};

/* The region as it grows. */
struct joint {
    char *map;
    size_t size, moved; /* bytes */
    struct lz_seams seams;
    bool unproved; /* one of the pieces is */
};

static bool lacking; /* atomic: the system cannot move pages */

/*
 * How much of a piece is moved: whole granules. A last one of which next to
 * nothing is resident is left out, since the rest of it would be a gap.
 */
static size_t
length_of(const struct lz_region *piece)
{
    size_t high = piece->high_water;

    LZ_ASSERT(high <= piece->entry.map_size);
    return lz_round_down(high + GRANULE - GRANULE / 8, GRANULE);
}

static void
put_back(const struct pieces *pieces)
{
    for (size_t i = pieces->count; i > 0; i--)
        lz_pool_put(&pieces->piece[i - 1]->entry);
}

/* One that fits, else one that is longer, else the longest. */
static struct lz_region *
take(size_t missing, size_t least)
{
    struct lz_pool_entry *entry = lz_pool_take(missing);

    if (entry == NULL)
        entry = lz_pool_take_larger(missing);
    if (entry == NULL)
        entry = lz_pool_take_smaller(missing, least);
    return (struct lz_region *)entry;
}

static bool
is_fit(const struct lz_region *piece)
{
    return lz_region_is_dense(piece) && length_of(piece) != 0;
}

/* It stays out of the pool until the search is over: it would be found again.
 */
static bool
set_aside(struct pieces *pieces, struct lz_region *piece)
{
    LZ_ASSERT(pieces->unfit_count < PIECES_MOST);
    pieces->unfit[pieces->unfit_count++] = piece;
    return pieces->unfit_count < PIECES_MOST;
}

/* False: no more. */
static bool
add(struct pieces *pieces, size_t most, size_t least)
{
    size_t missing = most - pieces->bytes;
    struct lz_region *piece = take(missing, least);

    LZ_ASSERT(pieces->bytes < most && pieces->count < PIECES_MOST);
    if (piece == NULL)
        return false;
    LZ_ASSERT(lz_region_is_sound(piece));
    if (!lz_region_may_be_cut(piece)) {
        lz_region_destroy(piece);
        return true;
    }
    if (!is_fit(piece) ||
        (length_of(piece) > missing && !lz_region_split(piece, missing)))
        return set_aside(pieces, piece);
    if (pieces->seams + piece->seams.count >= LZ_REGION_SEAMS) {
        lz_region_take_apart(piece);
        return pieces->seams < LZ_REGION_SEAMS;
    }
    pieces->piece[pieces->count++] = piece;
    pieces->bytes += length_of(piece);
    LZ_ASSERT(pieces->bytes <= most);
    pieces->seams += piece->seams.count + 1;
    return true;
}

static void
gather(struct pieces *pieces, size_t size, size_t most)
{
    size_t least = lz_round_up(size / PIECE_SHARE, GRANULE);

    while (pieces->count < PIECES_MOST && pieces->bytes < most &&
           add(pieces, most, least))
        continue;
    while (pieces->unfit_count > 0)
        lz_pool_put(&pieces->unfit[--pieces->unfit_count]->entry);
}

/* One mapping of a piece. The last one of all is made as long as the rest. */
static bool
move_part(struct joint *joint, char *from, size_t length, bool is_last)
{
    size_t rest = joint->size - joint->moved;
    int error;

    LZ_ASSERT(length != 0 && length <= rest && length % GRANULE == 0);
    error = lz_os_move(from, length, joint->map + joint->moved,
                       is_last ? rest : length);

    if (error != 0) {
        if (error == ENOSYS)
            __atomic_store_n(&lacking, true, __ATOMIC_RELAXED);
        /* Only what lies behind is surely ours. */
        joint->size = joint->moved;
        if (!is_last)
            lz_os_unmap(joint->map + joint->moved + length, rest - length);
        return false;
    }
    LZ_ASSERT(joint->seams.count < LZ_REGION_SEAMS);
    if (joint->moved != 0)
        joint->seams.at[joint->seams.count++] =
            (uint16_t)(joint->moved / GRANULE);
    joint->moved += length;
    return true;
}

/*
 * A slot of the index belongs to whoever has its granule mapped. So those of
 * the piece are cleared first. False: the system refused a move. A piece of
 * which nothing was moved is as before.
 */
static bool
move(struct joint *joint, struct lz_region *piece, bool is_last)
{
    const struct lz_pool_entry *entry = &piece->entry;
    size_t length = length_of(piece), at = 0, end;

    joint->unproved |= piece->unproved;
    lz_index_set_span(entry->map, entry->map_size, NULL);
    for (; at < length; at = end) {
        end = lz_region_part_end(&piece->seams, at, length);
        if (!move_part(joint, entry->map + at, end - at,
                       is_last && end == length))
            break;
    }
    if (at == 0)
        lz_index_set_span(entry->map, entry->map_size, piece);
    else if (at < entry->map_size)
        lz_os_unmap(entry->map + at, entry->map_size - at);
    LZ_ASSERT(at <= length && length <= entry->map_size);
    return at == length;
}

/*
 * All of them, up to one that the system refuses; what was not moved is put
 * back. The region has the first one's record from then on.
 */
static bool
move_all(struct joint *joint, const struct pieces *pieces)
{
    bool moves = true;

    for (size_t i = 0; i < pieces->count; i++) {
        struct lz_region *piece = pieces->piece[i];
        size_t before = joint->moved;

        moves = moves && move(joint, piece, i + 1 == pieces->count);
        if (joint->moved == before)
            lz_pool_put(&piece->entry);
        else if (i > 0)
            lz_meta_release(piece);
    }
    return moves;
}

/* What it was is gone; only its stagger stays. */
static void
make_region(struct lz_region *region, const struct joint *joint)
{
    size_t stagger = lz_region_stagger(region);

    LZ_ASSERT(joint->moved <= joint->size && joint->size % GRANULE == 0);
    lz_region_set_map(region, joint->map, joint->size);
    lz_index_set_span(joint->map, joint->size, region);
    region->base = joint->map + stagger;
    region->usable = lz_os_page_size();
    region->seams = joint->seams;
    region->unproved = joint->unproved || joint->seams.count > 0;
    region->high_water = joint->moved;
    region->entry.resident = joint->moved;
    region->history = (struct lz_history){.warm = true};
    lz_region_change_cover(joint->map, joint->size);
    /* No program holds the block, so a mark that came meanwhile is of none. */
    __atomic_store_n(&region->change, LZ_REGION_UNCHANGED, __ATOMIC_RELAXED);
    LZ_ASSERT(lz_region_is_sound(region));
}

/* NULL: the system refused a move. What was moved before it is kept. */
static struct lz_region *
join(const struct pieces *pieces, char *map, size_t size)
{
    struct joint joint = {.map = map, .size = size};
    struct lz_region *region = pieces->piece[0];
    bool moves = move_all(&joint, pieces);

    if (joint.moved == 0)
        return NULL;
    make_region(region, &joint);
    if (!moves) {
        lz_pool_put(&region->entry);
        return NULL;
    }
    LZ_STAT_ADD(regions_joined, 1);
    return region;
}

/* The index has memory for it afterwards. NULL: there is none. */
static char *
map_target(size_t size, struct lz_region *region)
{
    char *map = lz_os_map(size, GRANULE);

    if (map == NULL)
        return NULL;
    if (lz_index_set_span(map, size, region) != 0) {
        lz_os_unmap(map, size);
        return NULL;
    }
    lz_index_set_span(map, size, NULL);
    lz_os_name(map, size);
    return map;
}

/*
 * If changes are not observed, only one mapping proves at the free that nobody
 * changed it, and a joined region would be unmapped each time.
 */
static bool
may_join(size_t size)
{
    return lz_options.join && !lz_pool_is_empty() && size <= LENGTH_MOST &&
           !__atomic_load_n(&lacking, __ATOMIC_RELAXED) &&
           lz_region_change_is_observed() &&
           lz_os_space_for(size) != LZ_OS_SPACE_TIGHT;
}

struct lz_region *
lz_region_join(size_t size, size_t most)
{
    struct pieces pieces = {.count = 0};
    char *map;

    if (!may_join(size))
        return NULL;
    gather(&pieces, size, lz_round_down(most, GRANULE));
    if (pieces.count == 0)
        return NULL;
    LZ_ASSERT(pieces.bytes <= size);
    map = map_target(size, pieces.piece[0]);
    if (map == NULL) {
        put_back(&pieces);
        return NULL;
    }
    return join(&pieces, map, size);
}
