/* SPDX-License-Identifier: MIT */
/* One live block after the other, by address: for us, and from outside. */
#include "control/view.h"
#include "large/index.h"
#include "large/region_inside.h"

struct lz_region *
lz_region_walk(uintptr_t *at)
{
    struct lz_region *region;

    while ((region = lz_index_first(at, UINTPTR_MAX)) != NULL) {
        *at = lz_region_end_of(region, *at);
        if (__atomic_load_n(&region->state, __ATOMIC_ACQUIRE) == LIVE)
            return region;
        if (*at == 0)
            break;
    }
    return NULL;
}

/* Nothing refers to it: it is found by its magic. */
const struct lz_view_blocks lz_view_blocks LZ_HIDDEN __attribute__((used)) = {
    .magic = {LZ_VIEW_BLOCKS_MAGIC},
    .root_slots = (uint32_t)1 << LZ_INDEX_ROOT_BITS,
    .leaf_slots = (uint32_t)1 << LZ_INDEX_LEAF_BITS,
    .none = LZ_INDEX_MARKS,
    .base = offsetof(struct lz_region, base),
    .usable = offsetof(struct lz_region, usable),
    .state = offsetof(struct lz_region, state),
    .live = LIVE,
    .root = lz_index_root,
};
