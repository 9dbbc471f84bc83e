/* SPDX-License-Identifier: MIT */
#include "heap/cache.h"

#include "base/assert.h"
#include "control/log.h"
#include "control/options.h"
#include "control/stats.h"
#include "heap/backend.h"
#include "large/index.h"
#include "os/os.h"

/*
 * More than this many CPUs share caches by twos and more. All caches together
 * take at most a MEMORY_SHARE of the memory, or one LAZYZERO_CPU_CACHE.
 */
#define CACHES 16
#define MEMORY_SHARE 64

/*
 * The caches are worth it from so many requests on: with them, the free of a
 * small block that starts at a page boundary takes a little longer.
 */
#define WANTED_BY 64

/* Four classes for each doubling, as jemalloc has them: 64 KiB to 4 MiB. */
#define LEAST_BITS 16
#define CLASSES 25
#define BLOCKS 32

/* How many of them a free compares with its block, to notice a second free. */
#define COMPARED 8

/* A count that all CPUs share is dear, so it is changed seldom. */
#define COUNT_BY 64

/* A cache that a foreign thread has is looked at this far away. */
#define NEIGHBOURS 3

struct cache {
    uint32_t busy; /* atomic: held for some loads and stores; nobody waits */
    uint32_t turn; /* the class from which the next block has to go */
    size_t bytes;
    unsigned reuses; /* not yet in the statistics */
    uint8_t count[CLASSES];
    void *blocks[CLASSES][BLOCKS];
} __attribute__((aligned(128)));

static struct cache caches[CACHES];
unsigned lz_cache_count;
static unsigned requests; /* atomic: before they were on */
static bool is_allowed;   /* atomic */

static unsigned
class_of(size_t n)
{
    size_t below = n - 1;
    unsigned bits = 63 - (unsigned)__builtin_clzll(below);

    return (bits - (LEAST_BITS - 1)) * 4 + (unsigned)(below >> (bits - 2)) - 7;
}

static size_t
class_size(unsigned class)
{
    return (size_t)(5 + (class + 3) % 4) << (LEAST_BITS - 3 + (class + 3) / 4);
}

static bool
acquire(struct cache *cache)
{
    return __atomic_load_n(&cache->busy, __ATOMIC_RELAXED) == 0 &&
           __atomic_exchange_n(&cache->busy, 1, __ATOMIC_ACQUIRE) == 0;
}

static void
release(struct cache *cache)
{
    __atomic_store_n(&cache->busy, 0, __ATOMIC_RELEASE);
}

/* The number of the cache that this thread uses now. */
static unsigned
own(unsigned count)
{
    return count == 1 ? 0 : lz_os_cpu() & (count - 1);
}

/* By who holds the cache; others may read both at any time. */
static void
set_count(struct cache *cache, unsigned class, unsigned count, size_t bytes)
{
    LZ_ASSERT(count <= BLOCKS);
    __atomic_store_n(&cache->count[class], (uint8_t)count, __ATOMIC_RELAXED);
    __atomic_store_n(&cache->bytes, bytes, __ATOMIC_RELAXED);
}

static void *
pop(struct cache *cache, unsigned class)
{
    unsigned count = cache->count[class];

    if (count == 0)
        return NULL;
    set_count(cache, class, count - 1, cache->bytes - class_size(class));
    return cache->blocks[class][count - 1];
}

static void *
take_from(struct cache *cache, unsigned class)
{
    void *p;

    /* Most misses end here, without a write to a line that others read. */
    if (__atomic_load_n(&cache->count[class], __ATOMIC_RELAXED) == 0 ||
        !acquire(cache))
        return NULL;
    p = pop(cache, class);
    if (p != NULL && ++cache->reuses == COUNT_BY) {
        LZ_STAT_ADD(middle_reused, COUNT_BY);
        cache->reuses = 0;
    }
    release(cache);
    return p;
}

/*
 * First what this CPU freed, whose contents may still be in its data cache.
 * Where one thread allocates and another one frees, it is a neighbour's.
 */
static void *
take(unsigned class)
{
    unsigned count = __atomic_load_n(&lz_cache_count, __ATOMIC_RELAXED);
    unsigned looks = count < NEIGHBOURS ? count : NEIGHBOURS + 1, at;
    void *p = NULL;

    if (count == 0)
        return NULL;
    at = own(count);
    for (unsigned i = 0; i < looks && p == NULL; i++)
        p = take_from(&caches[(at + i) & (count - 1)], class);
    return p;
}

/*
 * The blocks that leave a cache: freed when it is released. If so many do not
 * make room, the new one goes.
 */
#define LEAVING 8

struct leaving {
    void *blocks[LEAVING];
    unsigned count;
};

/* The classes give a block each, one after the other; NULL: it is empty. */
static void *
pop_any(struct cache *cache)
{
    void *p = NULL;

    while (p == NULL && cache->bytes != 0)
        p = pop(cache, cache->turn++ % CLASSES);
    return p;
}

/* So what a program no longer uses makes room for what it does. */
static bool
make_room(struct cache *cache, size_t size, struct leaving *leaving)
{
    while (cache->bytes + size > lz_options.cpu_cache) {
        if (leaving->count == LEAVING || cache->bytes == 0)
            return false;
        leaving->blocks[leaving->count++] = pop_any(cache);
    }
    return true;
}

/* Is it one of the last that were freed? */
static bool
holds(const struct cache *cache, unsigned class, const void *p)
{
    unsigned count = cache->count[class];
    unsigned first = count > COMPARED ? count - COMPARED : 0;

    for (unsigned i = first; i < count; i++) {
        if (cache->blocks[class][i] == p)
            return true;
    }
    return false;
}

/* True: p is in there now. */
static bool
put(struct cache *cache, unsigned class, void *p, struct leaving *leaving)
{
    unsigned count;

    if (cache->count[class] == BLOCKS ||
        !make_room(cache, class_size(class), leaving))
        return false;
    count = cache->count[class]; /* to make room may have changed it */
    cache->blocks[class][count] = p;
    set_count(cache, class, count + 1, cache->bytes + class_size(class));
    return true;
}

static void
turn_on(void)
{
    int saved = errno;
    size_t memory, count = 1;

    /* See lz_os_ask_nothing. */
    memory = lz_options.oracle == LZ_ORACLE_MEMSET ? 0 : lz_os_memory_size();
    memory = memory / MEMORY_SHARE / lz_options.cpu_cache;
    /* Where address space is limited, small requests need it as well. */
    if (memory > 1 && lz_os_space_for(0) == LZ_OS_SPACE_FREE)
        count = memory < CACHES ? lz_floor_power_of_two(memory) : CACHES;
    __atomic_store_n(&lz_cache_count, (unsigned)count, __ATOMIC_RELAXED);
    errno = saved;
}

bool
lz_cache_is_wanted(void)
{
    if (!__atomic_load_n(&is_allowed, __ATOMIC_RELAXED) ||
        __atomic_add_fetch(&requests, 1, __ATOMIC_RELAXED) != WANTED_BY)
        return false;
    turn_on();
    return true;
}

/* True: the cache has it. False: it is jemalloc's again. */
static bool
put_or_leave(struct cache *cache, unsigned class, void *p)
{
    struct leaving leaving;
    bool kept;

    leaving.count = 0;
    kept = put(cache, class, p, &leaving);
    release(cache);
    while (leaving.count != 0)
        je_free(leaving.blocks[--leaving.count]);
    return kept;
}

static bool
keep(unsigned class, void *p, const char *call)
{
    unsigned count = __atomic_load_n(&lz_cache_count, __ATOMIC_RELAXED);
    struct cache *cache = &caches[own(count)];

    if (LZ_UNLIKELY(count == 0) || !acquire(cache))
        return false;
    if (LZ_UNLIKELY(holds(cache, class, p))) {
        release(cache);
        lz_log_fatal("%s(%p): this block was freed before; stopping", call, p);
    }
    return put_or_leave(cache, class, p);
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
    unsigned class = fits ? class_of(size) : 0;

    if (LZ_UNLIKELY(!fits) || class_size(class) != size ||
        !keep(class, p, call))
        je_free(p);
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
    void *p = je_mallocx(class_size(class),
                         lz_backend_flags(lz_os_page_size(), false));

    if (LZ_UNLIKELY(p == NULL && lz_cache_flush()))
        p = je_mallocx(class_size(class),
                       lz_backend_flags(lz_os_page_size(), false));
    if (p != NULL)
        mark(p);
    return p;
}

void *
lz_cache_allocate(size_t n)
{
    void *p = take(class_of(n));

    return LZ_LIKELY(p != NULL) ? p : allocate_fresh(class_of(n));
}

void
lz_cache_start(void)
{
    if (lz_options.cpu_cache == 0 || lz_options.check ||
        lz_options.zero_on_free || !lz_backend_is_ours_alone())
        return;
    __atomic_store_n(&is_allowed, true, __ATOMIC_RELAXED);
}

static bool
flush(struct cache *cache)
{
    bool any = false;
    void *p;

    do {
        if (!acquire(cache))
            break;
        p = pop_any(cache);
        release(cache);
        any = any || p != NULL;
        je_free(p);
    } while (p != NULL);
    return any;
}

bool
lz_cache_flush(void)
{
    bool any = false;

    for (int i = 0; i < CACHES; i++) {
        if (__atomic_load_n(&caches[i].bytes, __ATOMIC_RELAXED) != 0)
            any = flush(&caches[i]) || any;
    }
    return any;
}

void
lz_cache_stop(void)
{
    __atomic_store_n(&is_allowed, false, __ATOMIC_RELAXED);
    __atomic_store_n(&lz_cache_count, 0, __ATOMIC_RELAXED);
    lz_cache_flush();
}

size_t
lz_cache_bytes(void)
{
    size_t bytes = 0;

    for (int i = 0; i < CACHES; i++)
        bytes += __atomic_load_n(&caches[i].bytes, __ATOMIC_RELAXED);
    return bytes;
}
