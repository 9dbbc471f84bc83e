/* SPDX-License-Identifier: MIT */
/* Blocks that are freed, and pointers that are no blocks. */
#include "base/probe.h"
#include "control/log.h"
#include "control/options.h"
#include "control/trace.h"
#include "front/background.h"
#include "front/route.h"
#include "front/route_inside.h"
#include "heap/backend.h"
#include "heap/cache.h"
#include "heap/live.h"
#include "large/index.h"
#include "large/region.h"
#include "large/zero.h"

/*
 * What the index answers for an address that goes to jemalloc without a further
 * check. If every block is checked, it is a value that the index never answers.
 */
static const void *plain_heap = LZ_INDEX_HEAP;

void
lz_route_look_at_all(void)
{
    __atomic_store_n(&plain_heap, &plain_heap, __ATOMIC_RELAXED);
}

LZ_COLD void
lz_route_stop(const void *p, const char *call)
{
    lz_log_fatal("%s(%p): not an allocated block (freed before, or never "
                 "allocated); stopping",
                 call, p);
}

/* The region that p is; NULL when jemalloc owns p. Anything else stops. */
struct lz_region *
lz_route_find_owner(const void *p, const char *call)
{
    struct lz_region *region = lz_region_find(p);

    if (region == NULL && (!lz_backend_owns(p) || !lz_live_has(p)))
        lz_route_stop(p, call);
    return region;
}

void
lz_route_free_heap(void *p, int flags, const char *call)
{
    size_t n;

    if (!lz_live_remove(p))
        lz_route_stop(p, call);
    if (LZ_UNLIKELY(lz_options.zero_on_free)) {
        n = je_sallocx(p, 0);
        if (n >= LZ_ROUTE_MID_LEAST && lz_backend_may_zero())
            lz_zero(p, n);
        else
            lz_zero_write(p, n);
    }
    lz_backend_free(p, flags);
}

void
lz_route_free_region(struct lz_region *region, const void *p, const char *call)
{
    LZ_PROBE1(free, p);
    if (!lz_region_free(region))
        lz_log_fatal("%s(%p): two threads free this block; stopping", call, p);
    lz_background_wake();
}

static LZ_COLD void
free_region_traced(struct lz_region *region, const void *p, const char *call)
{
    size_t usable = lz_region_usable(region);
    size_t resident = lz_region_resident(region);
    struct lz_trace_event event = {.call = "free",
                                   .how = "kept",
                                   .address = p,
                                   .usable = usable,
                                   .resident = resident,
                                   .is_resident_known = resident <= usable};

    lz_trace_begin(&event);
    lz_route_free_region(region, p, call);
    lz_trace_end(&event);
}

static void
free_owned(struct lz_region *region, void *p, int flags, const char *call)
{
    if (region == NULL)
        lz_route_free_heap(p, flags, call);
    else if (LZ_UNLIKELY(lz_trace_on))
        free_region_traced(region, p, call);
    else
        lz_route_free_region(region, p, call);
}

static LZ_COLD void
free_large(void *p, int flags, const char *call)
{
    lz_route_start();
    if (p != NULL)
        free_owned(lz_route_find_owner(p, call), p, flags, call);
}

/* Not with flags that name a thread cache, or forbid one. */
static bool
is_for_cache(const void *owner, int flags)
{
    return owner == LZ_INDEX_MIDDLE && lz_cache_is_on() &&
           flags >> LZ_MALLOCX_TCACHE_SHIFT == 0;
}

/* A region of middle size, as a rule. True: it is freed. */
static bool
is_cached(void *owner, const void *p)
{
    return lz_index_is_record(owner) &&
           lz_cache_serves_region(lz_region_usable(owner)) && !lz_trace_watch &&
           lz_cache_free_region(owner, p);
}

/*
 * First the block of the heap whose address only looks like a region's.
 * jemalloc begins its slabs at page boundaries, so this may be the block that a
 * program frees most often.
 */
void
lz_route_free(void *p, const char *call)
{
    void *owner = lz_index_slot(p);

    if (LZ_LIKELY(owner == plain_heap))
        je_free(p);
    else if (is_for_cache(owner, 0))
        lz_cache_free(p, call);
    else if (!is_cached(owner, p))
        free_large(p, 0, call);
}

void
lz_route_free_flags(void *p, int flags, const char *call)
{
    void *owner = lz_index_slot(p);

    if (LZ_LIKELY(owner == plain_heap))
        lz_backend_free(p, flags);
    else if (is_for_cache(owner, flags))
        lz_cache_free(p, call);
    else if (!is_cached(owner, p))
        free_large(p, flags, call);
}

/*
 * The usable size that a block of n bytes would have, and the one that this
 * block has.
 */
static bool
is_size_of(const struct lz_region *region, const void *p, size_t n, int flags)
{
    if (region != NULL)
        return n <= LZ_SIZE_LIMIT &&
               lz_region_usable_for(n) == lz_region_usable(region);
    return je_nallocx(n == 0 ? 1 : n, flags) == je_sallocx(p, flags);
}

static LZ_COLD void
free_large_sized(void *p, size_t n, int flags, const char *call)
{
    struct lz_region *region;

    lz_route_start();
    if (p == NULL)
        return;
    region = lz_route_find_owner(p, call);
    if (lz_options.check && !is_size_of(region, p, n, flags))
        lz_log_fatal("%s(%p, %zu): this block has %zu bytes; stopping", call, p,
                     n, lz_route_usable(p, call));
    free_owned(region, p, flags, call);
}

void
lz_route_free_sized(void *p, size_t n, int flags, const char *call)
{
    void *owner = lz_index_slot(p);

    if (LZ_LIKELY(owner == plain_heap))
        lz_backend_free(p, flags);
    else if (is_for_cache(owner, flags))
        lz_cache_free(p, call);
    else if (!is_cached(owner, p))
        free_large_sized(p, n, flags, call);
}
