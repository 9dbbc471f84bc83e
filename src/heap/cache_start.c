/* SPDX-License-Identifier: MIT */
/* When the CPUs' caches are used, and how many there are. */
#include "control/options.h"
#include "heap/backend.h"
#include "heap/cache.h"
#include "large/region.h"
#include "os/os.h"

/*
 * All caches together take at most this share of the memory, or one
 * LAZYZERO_CPU_CACHE.
 */
#define MEMORY_SHARE 64

/*
 * The caches are worth it from so many requests on: with them, the free of a
 * small block that starts at a page boundary takes a little longer.
 */
#define WANTED_BY 64

unsigned lz_cache_count;
size_t lz_cache_region_most;
static unsigned requests; /* atomic: before they were on */
static bool is_allowed;   /* atomic */

static void
turn_on(void)
{
    int saved = errno;
    size_t memory, count = 1;
    bool may_ask, has_space;

    may_ask = lz_options.oracle != LZ_ORACLE_MEMSET; /* lz_os_ask_nothing */
    memory = may_ask ? lz_os_memory_size() : 0;
    memory = memory / MEMORY_SHARE / lz_options.cpu_cache;
    /* Where address space is limited, small requests need it as well. */
    has_space = may_ask && lz_os_space_for(0) == LZ_OS_SPACE_FREE;
    if (memory > 1 && has_space)
        count = memory < LZ_CACHE_COUNT_MOST ? lz_floor_power_of_two(memory)
                                             : LZ_CACHE_COUNT_MOST;
    __atomic_store_n(&lz_cache_count, (unsigned)count, __ATOMIC_RELAXED);
    if (has_space && lz_region_cached_is_allowed())
        __atomic_store_n(&lz_cache_region_most, LZ_CACHE_MOST,
                         __ATOMIC_RELAXED);
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

void
lz_cache_start(void)
{
    if (lz_options.cpu_cache == 0 || lz_options.check ||
        lz_options.zero_on_free || !lz_backend_is_ours_alone())
        return;
    __atomic_store_n(&is_allowed, true, __ATOMIC_RELAXED);
}

void
lz_cache_stop(void)
{
    __atomic_store_n(&is_allowed, false, __ATOMIC_RELAXED);
    __atomic_store_n(&lz_cache_count, 0, __ATOMIC_RELAXED);
    __atomic_store_n(&lz_cache_region_most, 0, __ATOMIC_RELAXED);
    lz_cache_flush();
}
