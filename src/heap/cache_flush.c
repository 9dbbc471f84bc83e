/* SPDX-License-Identifier: MIT */
/* What leaves the CPUs' caches, and how much is in them. */
#include "heap/backend.h"
#include "heap/cache_inside.h"
#include "large/region.h"

uintptr_t
lz_cache_pop_any(struct lz_cache *cache)
{
    uintptr_t block = 0;

    while (block == 0 && cache->bytes != 0)
        block = lz_cache_pop(cache, cache->turn++ % LZ_CACHE_CLASSES);
    return block;
}

static bool
flush(struct lz_cache *cache)
{
    bool any = false;
    uintptr_t block;

    do {
        if (!lz_cache_acquire(cache))
            break;
        block = lz_cache_pop_any(cache);
        lz_cache_release(cache);
        any = any || block != 0;
        if (block != 0)
            lz_cache_give_back(block);
    } while (block != 0);
    return any;
}

bool
lz_cache_flush(void)
{
    bool any = false;

    for (int i = 0; i < LZ_CACHE_COUNT_MOST; i++) {
        if (__atomic_load_n(&lz_caches[i].bytes, __ATOMIC_RELAXED) != 0)
            any = flush(&lz_caches[i]) || any;
    }
    return any;
}

/* One at a time; NULL: none is left, or another thread holds the cache. */
static struct lz_region *
pop_region(struct lz_cache *cache)
{
    uintptr_t block = 0;

    if (!lz_cache_acquire(cache))
        return NULL;
    for (unsigned class = LZ_CACHE_HEAP_CLASSES;
         class < LZ_CACHE_CLASSES && block == 0; class ++)
        block = lz_cache_pop(cache, class);
    lz_cache_release(cache);
    return lz_cache_region_of(block);
}

void
lz_cache_remove_regions(void (*leave)(struct lz_region *region))
{
    struct lz_region *region;

    if (!lz_cache_holds_regions())
        return;
    __atomic_store_n(&lz_cache_may_hold_regions, false, __ATOMIC_RELAXED);
    for (int i = 0; i < LZ_CACHE_COUNT_MOST; i++) {
        while ((region = pop_region(&lz_caches[i])) != NULL)
            leave(region);
    }
}

size_t
lz_cache_bytes(void)
{
    size_t bytes = 0;

    for (int i = 0; i < LZ_CACHE_COUNT_MOST; i++)
        bytes += __atomic_load_n(&lz_caches[i].bytes, __ATOMIC_RELAXED);
    return bytes;
}
