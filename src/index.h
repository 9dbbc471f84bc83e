/* SPDX-License-Identifier: MIT */
/*
 * Which large thing begins where: one slot for each granule of the address
 * space, lock-free to read and to write.
 *
 * A slot holds NULL, LZ_INDEX_HEAP (the backend's memory lies here), or an
 * owner: the record of the region whose mapping starts with this granule. Every
 * region's mapping starts at a granule of its own, so an address in the first
 * granule of a region, its base above all, finds its record with two loads.
 *
 * Cost: a pointer of resident memory a region or heap granule, in leaves of 64
 * KiB for 16 GiB of address space each (with 32 bits, 4 KiB for 256 MiB);
 * leaves are never freed.
 */
#ifndef LZ_INDEX_H
#define LZ_INDEX_H

#include "util.h"

/*
 * 2 MiB: what a page directory entry maps where pages have 4 KiB. Where an
 * address has 32 bits 256 KiB: a program got 3269 blocks of 1 MiB before its
 * address space was full, and 2039 with granules of 2 MiB.
 */
#if UINTPTR_MAX > 0xffffffffu
#define LZ_INDEX_GRANULE_BITS 21
#else
#define LZ_INDEX_GRANULE_BITS 18
#endif
#define LZ_INDEX_GRANULE ((size_t)1 << LZ_INDEX_GRANULE_BITS)

#define LZ_INDEX_HEAP ((void *)1)

/* The slot of the granule that holds `address`; NULL where nothing was set. */
void *lz_index_get(const void *address);

/*
 * What the last slot holds that is set in [least, *address], and, in *address,
 * the start of its granule; NULL where none is set.
 */
void *lz_index_last(uintptr_t *address, uintptr_t least);

/*
 * Sets the slot. 0 or ENOMEM; setting a slot that was set before, or setting
 * NULL, does not fail. The caller owns the granule.
 */
int lz_index_set(const void *address, void *owner);

#endif
