/* SPDX-License-Identifier: MIT */
#include "heap/cache.h"

#include "base/assert.h"
#include "control/log.h"
#include "control/options.h"
#include "control/stats.h"
#include "heap/backend.h"
#include "heap/cache_inside.h"
#include "large/index.h"
#include "large/region.h"
#include "os/os.h"

/* How many blocks a free compares with its own, to notice a second free. */
#define COMPARED 8

/* A count that all CPUs share is dear, so it is changed seldom. */
#define COUNT_BY 64

/* A cache that a foreign thread has is looked at this far away. */
#define NEIGHBOURS 3

struct lz_cache lz_caches[LZ_CACHE_COUNT_MOST];
bool lz_cache_may_hold_regions;

/* The number of the cache that this thread uses now. */
static unsigned
own(unsigned count)
{
    return count == 1 ? 0 : lz_os_cpu() & (count - 1);
}

static inline uintptr_t
take_from(struct lz_cache *cache, unsigned class)
{
    uintptr_t block;

    /* Most misses end here, without a write to a line that others read. */
    if (__atomic_load_n(&cache->count[class], __ATOMIC_RELAXED) == 0 ||
        !lz_cache_acquire(cache))
        return 0;
    block = lz_cache_pop(cache, class);
    if (block != 0 && ++cache->reuses == COUNT_BY) {
        LZ_STAT_ADD(middle_reused, COUNT_BY);
        cache->reuses = 0;
    }
    lz_cache_release(cache);
    return block;
}

/* Where one thread allocates and another one frees, it is a neighbour's. */
static LZ_COLD uintptr_t
take_from_neighbour(unsigned class, unsigned at, unsigned count)
{
    unsigned looks = count < NEIGHBOURS ? count : NEIGHBOURS + 1;
    uintptr_t block = 0;

    for (unsigned i = 1; i < looks && block == 0; i++)
        block = take_from(&lz_caches[(at + i) & (count - 1)], class);
    return block;
}

/* First what this CPU freed, whose contents may still be in its data cache. */
static inline uintptr_t
take(unsigned class)
{
    unsigned count = __atomic_load_n(&lz_cache_count, __ATOMIC_RELAXED), at;
    uintptr_t block;

    if (count == 0)
        return 0;
    at = own(count);
    block = take_from(&lz_caches[at], class);
    return LZ_LIKELY(block != 0) ? block
                                 : take_from_neighbour(class, at, count);
}

/*
 * The blocks that leave a cache: freed when it is released. If so many do not
 * make room, the new one goes.
 */
#define LEAVING 8

struct leaving {
    uintptr_t blocks[LEAVING];
    unsigned count;
};

/* So what a program no longer uses makes room for what it does. */
static bool
make_room(struct lz_cache *cache, size_t size, struct leaving *leaving)
{
    while (cache->bytes + size > lz_options.cpu_cache) {
        if (leaving->count == LEAVING || cache->bytes == 0)
            return false;
        leaving->blocks[leaving->count++] = lz_cache_pop_any(cache);
    }
    return true;
}

/* Is it one of the last that were freed? */
static bool
holds(const struct lz_cache *cache, unsigned class, uintptr_t block)
{
    unsigned count = cache->count[class];
    unsigned first = count > COMPARED ? count - COMPARED : 0;

    for (unsigned i = first; i < count; i++) {
        if (cache->blocks[class][i] == block)
            return true;
    }
    return false;
}

static void
push(struct lz_cache *cache, unsigned class, uintptr_t block)
{
    unsigned count = cache->count[class];

    cache->blocks[class][count] = block;
    lz_cache_set_count(cache, class, count + 1,
                       cache->bytes + lz_cache_class_size(class));
}

/* Where there is no room yet. */
static LZ_COLD bool
put_slowly(struct lz_cache *cache, unsigned class, uintptr_t block)
{
    struct leaving leaving;
    bool fits;

    leaving.count = 0;
    fits = cache->count[class] < LZ_CACHE_BLOCKS &&
           make_room(cache, lz_cache_class_size(class), &leaving);
    if (fits)
        push(cache, class, block);
    lz_cache_release(cache);
    while (leaving.count != 0)
        lz_cache_give_back(leaving.blocks[--leaving.count]);
    return fits;
}

/* Releases the cache. True: it has the block now. */
static inline bool
put(struct lz_cache *cache, unsigned class, uintptr_t block)
{
    if (LZ_UNLIKELY(cache->count[class] == LZ_CACHE_BLOCKS ||
                    cache->bytes + lz_cache_class_size(class) >
                        lz_options.cpu_cache))
        return put_slowly(cache, class, block);
    push(cache, class, block);
    lz_cache_release(cache);
    return true;
}

/* This CPU's cache, held; NULL: it is in use, or there is none. */
static inline struct lz_cache *
acquire_own(void)
{
    unsigned count = __atomic_load_n(&lz_cache_count, __ATOMIC_RELAXED);
    struct lz_cache *cache = &lz_caches[own(count)];

    return LZ_LIKELY(count != 0) && lz_cache_acquire(cache) ? cache : NULL;
}

static bool
keep(unsigned class, void *p, const char *call)
{
    struct lz_cache *cache = acquire_own();

    if (cache == NULL)
        return false;
    if (LZ_UNLIKELY(holds(cache, class, (uintptr_t)p))) {
        lz_cache_release(cache);
        lz_log_fatal("%s(%p): this block was freed before; stopping", call, p);
    }
    return put(cache, class, (uintptr_t)p);
}

static bool
starts_at_page(const void *p)
{
    return ((uintptr_t)p & (lz_os_page_size() - 1)) == 0;
}

void
lz_cache_free(void *p, const char *call)
{
    size_t size = je_sallocx(p, 0);
    bool fits =
        size >= LZ_CACHE_LEAST && size <= LZ_CACHE_MOST && starts_at_page(p);
    unsigned class = fits ? lz_cache_class_of(size) : 0;

    if (LZ_UNLIKELY(!fits) || lz_cache_class_size(class) != size ||
        !keep(class, p, call))
        je_free(p);
}

bool
lz_cache_free_region(struct lz_region *region, const void *p)
{
    size_t size = lz_region_cached_put(region, p);
    struct lz_cache *cache;

    if (size == 0)
        return false;
    if (LZ_UNLIKELY(!lz_cache_holds_regions()))
        __atomic_store_n(&lz_cache_may_hold_regions, true, __ATOMIC_RELAXED);
    cache = acquire_own();
    if (cache == NULL || !put(cache, lz_cache_class_of_region(size),
                              (uintptr_t)region + LZ_CACHE_REGION))
        lz_region_cached_free(region);
    return true;
}

static void
mark(const void *p)
{
    if (lz_index_get(p) == LZ_INDEX_HEAP)
        lz_index_set(p, LZ_INDEX_MIDDLE);
}

static void *
allocate_fresh(unsigned class)
{
    void *p = je_mallocx(lz_cache_class_size(class),
                         lz_backend_flags(lz_os_page_size(), false));

    if (LZ_UNLIKELY(p == NULL && lz_cache_flush()))
        p = je_mallocx(lz_cache_class_size(class),
                       lz_backend_flags(lz_os_page_size(), false));
    if (p != NULL)
        mark(p);
    return p;
}

void *
lz_cache_allocate(size_t n)
{
    void *p = (void *)take(lz_cache_class_of(n));

    return LZ_LIKELY(p != NULL) ? p : allocate_fresh(lz_cache_class_of(n));
}

/* One that cannot be handed out is gone, and the next is taken. */
void *
lz_cache_take_region(size_t n, bool zero)
{
    struct lz_region *region;

    while ((region = lz_cache_region_of(take(lz_cache_class_of_region(n)))) !=
           NULL) {
        if (LZ_LIKELY(lz_region_cached_take(region, n, zero)))
            return lz_region_base(region);
    }
    return NULL;
}
