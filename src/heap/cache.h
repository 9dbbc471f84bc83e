/* SPDX-License-Identifier: MIT */
/*
 * Freed blocks of middle size, kept for reuse by the CPU that freed them.
 *
 * jemalloc's thread caches end at 32 KiB. A malloc or a free of a larger block
 * takes locks and searches trees. Larger thread caches would hold memory for
 * each thread, idle ones too. So blocks from LZ_CACHE_LEAST to LZ_CACHE_MOST
 * wait here, for each CPU: at most 32 of a size class, and LAZYZERO_CPU_CACHE
 * bytes in all (doc/design.md).
 *
 * Regions of up to 4 MiB wait here as well. They go on being counted as live.
 *
 * To jemalloc a block in here is an allocated one, so every function of
 * jemalloc's can still be called for a block that came from here. Such a block
 * starts at a page boundary. The index knows the granules where one was handed
 * out (LZ_INDEX_MIDDLE). Other blocks there go through to jemalloc.
 *
 * All functions are thread safe, and usable in a signal handler: one that finds
 * a cache in use goes on without it. So fork needs no care: a cache that
 * another thread was changing stays in use in the child, which goes on without
 * it.
 */
#ifndef LZ_CACHE_H
#define LZ_CACHE_H

#include "base/util.h"

struct lz_region;

#define LZ_CACHE_LEAST (64 * LZ_KIB)
#define LZ_CACHE_MOST (4 * LZ_MIB)
#define LZ_CACHE_REGION_LEAST LZ_MIB

/* Once, at start: the caches may be used, if the options allow it. */
void lz_cache_start(void);

/*
 * To be called for each request of such a size while they are not on. True:
 * they are on from now on; once in a process.
 */
bool lz_cache_is_wanted(void) LZ_COLD;

/*
 * How many caches are in use: 0, or a power of two. Atomic; for cache*.c. More
 * than LZ_CACHE_COUNT_MOST CPUs share caches by twos and more.
 */
#define LZ_CACHE_COUNT_MOST 16
extern LZ_HIDDEN unsigned lz_cache_count;

static inline bool
lz_cache_is_on(void)
{
    return __atomic_load_n(&lz_cache_count, __ATOMIC_RELAXED) != 0;
}

/* Is a block of n bytes to come from lz_cache_allocate? */
static inline bool
lz_cache_serves(size_t n)
{
    return n >= LZ_CACHE_LEAST && n <= LZ_CACHE_MOST && lz_cache_is_on();
}

/*
 * A block of at least n bytes, from LZ_CACHE_LEAST to LZ_CACHE_MOST, that
 * starts at a page boundary. NULL: out of memory. Its contents are unknown.
 */
void *lz_cache_allocate(size_t n);

/*
 * Regions with at most so many usable bytes wait in the caches, too; 0: none
 * do. Atomic; for the function below, and before lz_cache_free_region.
 */
extern LZ_HIDDEN size_t lz_cache_region_most;

static inline bool
lz_cache_serves_region(size_t n)
{
    return n >= LZ_CACHE_REGION_LEAST &&
           n <= __atomic_load_n(&lz_cache_region_most, __ATOMIC_RELAXED);
}

/*
 * A region's block for n bytes that lz_cache_serves_region, all zero if `zero`,
 * out of a cache; NULL if there is none.
 */
void *lz_cache_take_region(size_t n, bool zero);

/*
 * Frees a region whose usable size lz_cache_serves_region, and whose base is p,
 * into a cache. False: that is not its base, or it is not for a cache, and
 * nothing happened.
 */
bool lz_cache_free_region(struct lz_region *region, const void *p);

/*
 * Frees a block of the heap in a granule with LZ_INDEX_MIDDLE: into a cache if
 * it starts at a page boundary, or to jemalloc. If the block is in the cache
 * already, the process ends with one line, which names the function `call`.
 */
void lz_cache_free(void *p, const char *call);

/* Frees all blocks. True if there were any. */
bool lz_cache_flush(void);

/* Regions wait in the caches, or did: one load. Atomic. */
extern LZ_HIDDEN bool lz_cache_may_hold_regions;

static inline bool
lz_cache_holds_regions(void)
{
    return __atomic_load_n(&lz_cache_may_hold_regions, __ATOMIC_RELAXED);
}

/*
 * Takes the regions out, one after the other, and calls this for each:
 * lz_region_cached_free, or lz_region_cached_release. It waits for no lock
 * itself; only the second of these two waits for none either.
 */
void lz_cache_remove_regions(void (*leave)(struct lz_region *region));

/*
 * From now on nothing is kept: the program has arenas of its own, and a reset
 * of one would give a block a second owner.
 */
void lz_cache_stop(void);

/* The bytes that are kept now. */
size_t lz_cache_bytes(void);

#endif
