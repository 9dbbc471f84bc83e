/* SPDX-License-Identifier: MIT */
/* From which sizes and for which addresses the calls come to route*.c. */
#include "control/options.h"
#include "front/init.h"
#include "front/route.h"
#include "front/route_inside.h"
#include "heap/backend.h"
#include "heap/cache.h"
#include "heap/live.h"
#include "large/region.h"
#include "large/zero.h"
#include "os/os.h"

size_t lz_route_threshold;
size_t lz_route_calloc_least;
size_t lz_route_memset_least;
uint32_t lz_route_tag_mask;

static bool routes_all;

/* Atomic: the program means a memset to commit its memory (mlockall). */
static bool commits;

static size_t
least_routed(void)
{
    return lz_options.cpu_cache != 0 && LZ_CACHE_LEAST < lz_options.threshold
               ? LZ_CACHE_LEAST
               : lz_options.threshold;
}

/* The limits stay 0 if every block (of the backend) shall pass through here. */
static void
set_limits(void)
{
    if (routes_all)
        return;
    if (!lz_options.check && !lz_options.guard && !lz_options.zero_on_free)
        __atomic_store_n(&lz_route_tag_mask, (uint32_t)lz_region_tag_mask(),
                         __ATOMIC_RELAXED);
    if (lz_options.check || lz_options.zero_on_free)
        lz_route_look_at_all();
    if (lz_live_mode == LZ_LIVE_ON)
        return;
    __atomic_store_n(&lz_route_calloc_least, LZ_ROUTE_MID_LEAST,
                     __ATOMIC_RELAXED);
    __atomic_store_n(&lz_route_threshold, least_routed(), __ATOMIC_RELAXED);
}

/* Until libc's memset and the options are known, every memset comes here. */
static void
set_memset_limit(void)
{
    if (lz_zero_libc_memset() != NULL)
        __atomic_store_n(&lz_route_memset_least,
                         lz_options.memset &&
                                 !__atomic_load_n(&commits, __ATOMIC_RELAXED)
                             ? lz_options.threshold / 2
                             : SIZE_MAX,
                         __ATOMIC_RELAXED);
}

void
lz_route_start(void)
{
    if (LZ_LIKELY(!lz_init_start()))
        return;
    lz_live_start(lz_options.check && lz_backend_is_ours_alone());
    lz_cache_start();
    set_limits();
    set_memset_limit();
}

/* Regions start at some pages, blocks of the caches at any. */
void
lz_route_use_caches(void)
{
    if (__atomic_load_n(&lz_route_tag_mask, __ATOMIC_RELAXED) != 0)
        __atomic_store_n(&lz_route_tag_mask, (uint32_t)lz_os_page_size() - 1,
                         __ATOMIC_RELAXED);
}

void
lz_route_all(void)
{
    routes_all = true;
    __atomic_store_n(&lz_route_tag_mask, 0, __ATOMIC_RELAXED);
    __atomic_store_n(&lz_route_calloc_least, 0, __ATOMIC_RELAXED);
    __atomic_store_n(&lz_route_threshold, 0, __ATOMIC_RELAXED);
}

void
lz_route_set_memset(void *(*libc_memset)(void *, int, size_t))
{
    lz_route_start();
    lz_zero_set_libc_memset(libc_memset);
    set_memset_limit();
}

void
lz_route_commit_memset(void)
{
    __atomic_store_n(&commits, true, __ATOMIC_RELAXED);
    /*
     * 0: libc's memset is not known yet. lz_route_set_memset will set the
     * limit.
     */
    if (__atomic_load_n(&lz_route_memset_least, __ATOMIC_RELAXED) != 0)
        __atomic_store_n(&lz_route_memset_least, SIZE_MAX, __ATOMIC_RELAXED);
}
