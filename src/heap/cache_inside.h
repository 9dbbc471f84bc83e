/* SPDX-License-Identifier: MIT */
/* What cache*.c share: the caches, and their size classes. */
#ifndef LZ_CACHE_INSIDE_H
#define LZ_CACHE_INSIDE_H

#include "base/assert.h"
#include "heap/backend.h"
#include "heap/cache.h"
#include "large/region.h"

/*
 * Four classes for each doubling, as jemalloc has them: 64 KiB to 4 MiB. Behind
 * them those of regions, from 1 MiB: a request gets what its size says.
 */
#define LZ_CACHE_LEAST_BITS 16
#define LZ_CACHE_HEAP_CLASSES 25
#define LZ_CACHE_REGION_CLASSES 9
#define LZ_CACHE_CLASSES (LZ_CACHE_HEAP_CLASSES + LZ_CACHE_REGION_CLASSES)

static inline unsigned
lz_cache_class_of(size_t n)
{
    size_t below = n - 1;
    unsigned bits = 63 - (unsigned)__builtin_clzll(below);

    return (bits - (LZ_CACHE_LEAST_BITS - 1)) * 4 +
           (unsigned)(below >> (bits - 2)) - 7;
}

/* n is at least LZ_CACHE_REGION_LEAST. */
static inline unsigned
lz_cache_class_of_region(size_t n)
{
    return lz_cache_class_of(n) + LZ_CACHE_REGION_CLASSES;
}

static inline size_t
lz_cache_class_size(unsigned class)
{
    if (class >= LZ_CACHE_HEAP_CLASSES)
        class -= LZ_CACHE_REGION_CLASSES;
    return (size_t)(5 + (class + 3) % 4)
           << (LZ_CACHE_LEAST_BITS - 3 + (class + 3) / 4);
}

/* Of each class. */
#define LZ_CACHE_BLOCKS 32

struct lz_cache {
    uint32_t busy; /* atomic: held for some loads and stores; nobody waits */
    uint32_t turn; /* the class from which the next block has to go */
    size_t bytes;
    unsigned reuses; /* not yet in the statistics */
    uint8_t count[LZ_CACHE_CLASSES];
    uintptr_t blocks[LZ_CACHE_CLASSES][LZ_CACHE_BLOCKS];
} __attribute__((aligned(128)));

/*
 * A block is the address of one of jemalloc's, or that of a region's record and
 * this bit; 0 is none.
 */
#define LZ_CACHE_REGION ((uintptr_t)1)

extern LZ_HIDDEN struct lz_cache lz_caches[LZ_CACHE_COUNT_MOST];

/* The region that it is, or NULL. */
static inline struct lz_region *
lz_cache_region_of(uintptr_t block)
{
    return (block & LZ_CACHE_REGION) != 0
               ? (struct lz_region *)(block - LZ_CACHE_REGION)
               : NULL;
}

static inline void
lz_cache_give_back(uintptr_t block)
{
    struct lz_region *region = lz_cache_region_of(block);

    if (region != NULL)
        lz_region_cached_free(region);
    else
        je_free((void *)block);
}

static inline bool
lz_cache_acquire(struct lz_cache *cache)
{
    return __atomic_load_n(&cache->busy, __ATOMIC_RELAXED) == 0 &&
           __atomic_exchange_n(&cache->busy, 1, __ATOMIC_ACQUIRE) == 0;
}

static inline void
lz_cache_release(struct lz_cache *cache)
{
    __atomic_store_n(&cache->busy, 0, __ATOMIC_RELEASE);
}

/* By who holds the cache; others may read both at any time. */
static inline void
lz_cache_set_count(struct lz_cache *cache, unsigned class, unsigned count,
                   size_t bytes)
{
    LZ_ASSERT(count <= LZ_CACHE_BLOCKS);
    __atomic_store_n(&cache->count[class], (uint8_t)count, __ATOMIC_RELAXED);
    __atomic_store_n(&cache->bytes, bytes, __ATOMIC_RELAXED);
}

static inline uintptr_t
lz_cache_pop(struct lz_cache *cache, unsigned class)
{
    unsigned count = cache->count[class];

    if (count == 0)
        return 0;
    lz_cache_set_count(cache, class, count - 1,
                       cache->bytes - lz_cache_class_size(class));
    return cache->blocks[class][count - 1];
}

/*
 * By who holds the cache. The classes give a block each, one after the other.
 * 0: it is empty.
 */
uintptr_t lz_cache_pop_any(struct lz_cache *cache);

#endif
