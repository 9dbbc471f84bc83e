/* SPDX-License-Identifier: MIT */
/*
 * Whose memory lies where: one slot for each granule of the address space,
 * lock-free to read and to write.
 *
 * A slot holds NULL, LZ_INDEX_HEAP (the backend's memory lies here),
 * LZ_INDEX_MIDDLE (the same, and a block for the CPUs' caches began here once:
 * heap/cache.h), or an owner: the record of the region to which this granule
 * belongs. Every region's mapping starts at a granule of its own, so an address
 * in the first granule of a region, its base above all, finds its record with
 * two loads.
 *
 * The granules behind the first are set too, so that any address finds its
 * region in a few loads. A span that fills whole groups of slots (128 MiB) or
 * whole leaves (16 GiB) is noted once for each of those instead: a region of a
 * terabyte takes less than 500 stores.
 *
 * Cost: a pointer of resident memory a region or heap granule, in leaves of 68
 * KiB for 16 GiB of address space each (with 32 bits, 8 KiB for 256 MiB);
 * leaves are never freed.
 */
#ifndef LZ_INDEX_H
#define LZ_INDEX_H

#include "base/util.h"

/*
 * 2 MiB: what a page directory entry maps if pages have 4 KiB. 256 KiB if an
 * address has 32 bits, since address space is scarce there (doc/design.md).
 */
#if UINTPTR_MAX > 0xffffffffu
#define LZ_INDEX_GRANULE_BITS 21
#else
#define LZ_INDEX_GRANULE_BITS 18
#endif
#define LZ_INDEX_GRANULE ((size_t)1 << LZ_INDEX_GRANULE_BITS)

#define LZ_INDEX_HEAP ((void *)1)
#define LZ_INDEX_MIDDLE ((void *)2)
#define LZ_INDEX_MARKS 2

/* Is it a record, and not one of the marks above or NULL? */
static inline bool
lz_index_is_record(const void *owner)
{
    return (uintptr_t)owner > LZ_INDEX_MARKS;
}

/* For processes that read this memory from outside: struct lz_view_blocks. */
#define LZ_INDEX_LEAF_BITS (UINTPTR_MAX > 0xffffffffu ? 13 : 10)
#define LZ_INDEX_ROOT_BITS                                           \
    ((UINTPTR_MAX > 0xffffffffu ? 48 : 32) - LZ_INDEX_GRANULE_BITS - \
     LZ_INDEX_LEAF_BITS)
#define LZ_INDEX_LEAF_SLOTS ((size_t)1 << LZ_INDEX_LEAF_BITS)
#define LZ_INDEX_GROUP_SLOTS ((size_t)64)

/* All atomic. */
struct lz_index_leaf {
    void *slots[LZ_INDEX_LEAF_SLOTS];
    /* The owner of all of a group of slots, or NULL. */
    void *groups[LZ_INDEX_LEAF_SLOTS / LZ_INDEX_GROUP_SLOTS];
    /* How many slots of the group have an owner. */
    uint16_t owners[LZ_INDEX_LEAF_SLOTS / LZ_INDEX_GROUP_SLOTS];
};
extern LZ_HIDDEN struct lz_index_leaf
    *lz_index_root[(size_t)1 << LZ_INDEX_ROOT_BITS];

/* What the granule's own slot holds: the two loads. */
static inline void *
lz_index_slot(const void *address)
{
    uintptr_t granule = (uintptr_t)address >> LZ_INDEX_GRANULE_BITS;
    uintptr_t at = granule >> LZ_INDEX_LEAF_BITS;
    const struct lz_index_leaf *leaf = NULL;

    if (LZ_LIKELY(at >> LZ_INDEX_ROOT_BITS == 0))
        leaf = __atomic_load_n(&lz_index_root[at], __ATOMIC_ACQUIRE);
    return LZ_UNLIKELY(leaf == NULL)
               ? NULL
               : __atomic_load_n(
                     &leaf->slots[granule & (LZ_INDEX_LEAF_SLOTS - 1)],
                     __ATOMIC_ACQUIRE);
}

/*
 * The owner of the granule that holds `address`, by itself or as a part of a
 * span; NULL where nothing was set.
 */
void *lz_index_get(const void *address);

/*
 * The owner of the first span that reaches into [*address, end): always a
 * record, or NULL if there is none. Sets *address to an address of that span in
 * the range. Skips what is empty in large steps.
 */
void *lz_index_first(uintptr_t *address, uintptr_t end);

/*
 * Sets the slot of one granule. 0 or ENOMEM; setting a slot that was set
 * before, or setting NULL, does not fail. The caller owns the granule.
 */
int lz_index_set(const void *address, void *owner);

/*
 * Sets the owner of a span of whole granules, or NULL. 0, or ENOMEM and nothing
 * is set. Setting a span that was set before, or NULL, does not fail. The
 * caller owns the granules.
 */
int lz_index_set_span(const void *start, size_t length, void *owner);

/*
 * Clears what was set by lz_index_set_span with this owner, and leaves alone
 * what others have set in between. Afterwards NULL stands for the owner's
 * granules, which nobody else may set while they are mapped.
 */
void lz_index_clear_span(const void *start, size_t length, void *owner);

#endif
