/* SPDX-License-Identifier: MIT */
#include "front/route.h"

#include <string.h>

#include "base/assert.h"
#include "control/log.h"
#include "control/options.h"
#include "control/stats.h"
#include "control/trace.h"
#include "front/background.h"
#include "front/prefault.h"
#include "front/report_tick.h"
#include "front/route_inside.h"
#include "heap/backend.h"
#include "heap/cache.h"
#include "heap/live.h"
#include "large/history.h"
#include "large/index.h"
#include "large/pool.h"
#include "large/region.h"
#include "large/zero.h"
#include "os/os.h"

void *
lz_route_out_of_memory(void)
{
    errno = ENOMEM;
    return NULL;
}

void *
lz_route_heap_refused(size_t n)
{
    /* A realloc to nothing is a free. */
    return n != 0 ? lz_route_out_of_memory() : NULL;
}

/* Of unknown contents. */
static void *
allocate_unknown(size_t n, size_t align)
{
    if (lz_cache_serves(n) && align <= lz_os_page_size())
        return lz_cache_allocate(n);
    if (n >= LZ_CACHE_LEAST && !lz_cache_is_on() && lz_cache_is_wanted())
        lz_route_use_caches();
    if (align > 1)
        return je_mallocx(n == 0 ? 1 : n, lz_backend_flags(align, false));
    return je_malloc(n);
}

/*
 * The first one of a process is fresh memory as a rule, which jemalloc knows to
 * be zero. To open the page table's file for it would cost more
 * (doc/design.md).
 */
static bool
is_mid_first(void)
{
    static bool seen;

    return !__atomic_load_n(&seen, __ATOMIC_RELAXED) &&
           lz_options.oracle == LZ_ORACLE_AUTO &&
           !__atomic_exchange_n(&seen, true, __ATOMIC_RELAXED);
}

/*
 * jemalloc's own calloc discards the pages of a recycled block of this size,
 * and each page faults again. To zero the pages that are there is faster
 * (doc/design.md). All of the usable size is zeroed, since programs may use it.
 */
static void *
allocate_mid(size_t n)
{
    void *p;

    if (is_mid_first())
        return je_calloc(1, n);
    p = allocate_unknown(n, 1);
    if (p != NULL)
        lz_history_zero_block(p, je_sallocx(p, 0));
    return p;
}

static void *
try_heap(size_t n, size_t align, bool zero)
{
    void *p;

    if (!zero)
        p = allocate_unknown(n, align);
    else if (align > 1)
        p = je_mallocx(n == 0 ? 1 : n, lz_backend_flags(align, true));
    else if (n >= LZ_ROUTE_MID_LEAST && lz_backend_may_zero())
        p = allocate_mid(n);
    else
        p = je_calloc(1, n);
    LZ_ASSERT(!zero || p == NULL || lz_zero_is_zero(p, je_sallocx(p, 0)));
    return p;
}

/* What the CPUs' caches hold may be the room that is missing. */
static void *
allocate_heap(size_t n, size_t align, bool zero)
{
    void *p = try_heap(n, align, zero);

    if (LZ_UNLIKELY(p == NULL && lz_cache_flush()))
        p = try_heap(n, align, zero);
    return lz_live_add(p);
}

/* Before the caches are on, this counts towards that. */
static void *
take_cached(size_t n, size_t align, bool zero)
{
    if (n > LZ_CACHE_MOST || n < LZ_CACHE_REGION_LEAST ||
        align > lz_os_page_size())
        return NULL;
    if (lz_cache_serves_region(n))
        return lz_cache_take_region(n, zero);
    if (!lz_cache_is_on() && lz_cache_is_wanted())
        lz_route_use_caches();
    return NULL;
}

/* First a mapping. If that fails jemalloc, which may still hold free memory. */
void *
lz_route_place(size_t n, size_t align, bool zero)
{
    struct lz_region *region;
    void *p;

    if (n > LZ_SIZE_LIMIT)
        return NULL;
    if (n < lz_options.threshold)
        return allocate_heap(n, align, zero);
    p = take_cached(n, align, zero);
    if (p != NULL)
        return p;
    /* It may be made of the pages that they have. */
    if (n > LZ_CACHE_MOST)
        lz_cache_remove_regions(lz_region_cached_free);
    region = lz_region_allocate(n, align, zero);
    if (LZ_UNLIKELY(region == NULL && lz_cache_flush()))
        region = lz_region_allocate(n, align, zero);
    if (region == NULL) {
        LZ_STAT_ADD(refused, 1);
        return allocate_heap(n, align, zero);
    }
    if (!lz_region_is_reused(region)) {
        lz_backend_make_room(n);
        if (LZ_UNLIKELY(n >= lz_options.prefault))
            lz_prefault_block(region);
    }
    return lz_region_base(region);
}

static const char *
name_call(size_t align, bool zero)
{
    return zero ? "calloc" : align > 1 ? "memalign" : "malloc";
}

/* What became of a new block, for the trace. */
void
lz_route_trace_block(struct lz_trace_event *event, const void *p)
{
    const struct lz_region *region = lz_region_find(p);

    event->address = p;
    if (region != NULL) {
        event->how = lz_region_is_reused(region) ? "reused" : "fresh";
        event->usable = lz_region_usable(region);
    } else {
        event->how = p != NULL ? "heap" : "failed";
        event->usable = p != NULL ? je_sallocx(p, 0) : 0;
    }
}

static LZ_COLD void *
allocate_traced(size_t n, size_t align, bool zero)
{
    struct lz_trace_event event = {
        .call = name_call(align, zero), .size = n, .is_request = true};
    void *p;

    lz_trace_begin(&event);
    p = lz_route_place(n, align, zero);
    lz_route_trace_block(&event, p);
    lz_trace_end(&event);
    return p;
}

static LZ_COLD void *
allocate_watched(size_t n, size_t align, bool zero)
{
    if ((lz_trace_watch & LZ_TRACE_TICKS) != 0)
        lz_report_tick();
    return lz_trace_on ? allocate_traced(n, align, zero)
                       : lz_route_place(n, align, zero);
}

/* A request of the program: counted, and watched if it is large. */
static void *
request(size_t n, size_t align, bool zero)
{
    if (n < lz_options.threshold)
        return allocate_heap(n, align, zero);
    if (zero)
        LZ_STAT_REQUEST(requests_calloc, n);
    else if (align > 1)
        LZ_STAT_REQUEST(requests_memalign, n);
    else
        LZ_STAT_REQUEST(requests_malloc, n);
    return LZ_UNLIKELY(lz_trace_watch) ? allocate_watched(n, align, zero)
                                       : lz_route_place(n, align, zero);
}

void *
lz_route_allocate(size_t n, size_t align, bool zero)
{
    void *p;

    lz_route_start();
    if (!lz_is_power_of_two(align)) {
        errno = EINVAL;
        return NULL;
    }
    p = request(n, align, zero);
    return p != NULL ? p : lz_route_out_of_memory();
}

void *
lz_route_malloc(size_t n)
{
    void *p = NULL;

    if (n >= lz_options.threshold) {
        if (lz_cache_serves_region(n) && LZ_LIKELY(!lz_trace_watch))
            p = lz_cache_take_region(n, false);
        return LZ_LIKELY(p != NULL) ? p : lz_route_allocate(n, 1, false);
    }
    if (!lz_cache_serves(n))
        return lz_route_allocate(n, 1, false);
    p = lz_cache_allocate(n);
    return LZ_LIKELY(p != NULL) ? p : lz_route_out_of_memory();
}

void *
lz_route_memalign_odd(size_t align, size_t n)
{
    if (align > SIZE_MAX / 2 + 1) {
        errno = EINVAL;
        return NULL;
    }
    return lz_route_allocate(
        n, align == 0 ? 1 : 2 * lz_floor_power_of_two(align), false);
}

void *
lz_route_calloc(size_t n)
{
    return lz_route_allocate(n, 1, true);
}

int
lz_route_allocate_at(void **out, size_t align, size_t n)
{
    void *p;

    lz_route_start();
    if (!lz_is_power_of_two(align) || align < sizeof(void *))
        return EINVAL;
    p = request(n, align, false);
    if (p == NULL)
        return ENOMEM;
    *out = p;
    return 0;
}

size_t
lz_route_usable(const void *p, const char *call)
{
    struct lz_region *region;

    lz_route_start();
    if (p == NULL)
        return 0;
    region = lz_route_find_owner(p, call);
    return region != NULL ? lz_region_usable(region) : je_sallocx(p, 0);
}

void *
lz_route_mallocx(size_t n, int flags)
{
    lz_route_start();
    if (lz_route_names_arena(flags) || n < lz_options.threshold)
        return lz_live_add(je_mallocx(n, flags));
    return request(n, lz_backend_align(flags), flags & LZ_MALLOCX_ZERO);
}

size_t
lz_route_nallocx(size_t n, int flags)
{
    lz_route_start();
    if (lz_route_names_arena(flags) || n < lz_options.threshold)
        return je_nallocx(n, flags);
    return n > LZ_SIZE_LIMIT / 2 ? 0 : lz_region_usable_for(n);
}

int
lz_route_trim(void)
{
    bool flushed = lz_cache_flush(), released = lz_region_release_all() != 0;

    return lz_backend_trim() || released || flushed;
}

static LZ_COLD bool
zero_region_traced(void *p, size_t n)
{
    struct lz_trace_event event = {.call = "memset",
                                   .how = "looked",
                                   .address = p,
                                   .size = n,
                                   .usable = n};
    bool done;

    lz_trace_begin(&event);
    done = lz_region_memset(p, n);
    if (done)
        lz_trace_end(&event);
    return done;
}

/* The program zeroes a block that it was just given. True: it is done. */
static bool
zero_region(void *p, size_t n)
{
    bool done = LZ_UNLIKELY(lz_trace_on) ? zero_region_traced(p, n)
                                         : lz_region_memset(p, n);

    if (done)
        LZ_STAT_REQUEST(requests_memset, n);
    return done;
}

void *
lz_route_memset(void *p, int c, size_t n)
{
    /* Until libc's memset is known, every memset comes here. */
    if (lz_zero_libc_memset() != NULL && c == 0 && zero_region(p, n))
        return p;
    return lz_zero_fill(p, c, n);
}
