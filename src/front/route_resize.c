/* SPDX-License-Identifier: MIT */
/* Blocks that change their size, and perhaps their owner. */
#include <string.h>

#include "control/options.h"
#include "control/stats.h"
#include "control/trace.h"
#include "front/route.h"
#include "front/route_inside.h"
#include "heap/backend.h"
#include "heap/cache.h"
#include "heap/live.h"
#include "large/region.h"
#include "large/zero.h"
#include "os/os.h"

static size_t
smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* A block for a certain arena comes from there. */
static void *
place(size_t n, int flags)
{
    if (lz_route_names_arena(flags))
        return lz_live_add(je_mallocx(n, flags));
    return lz_route_place(n, lz_backend_align(flags),
                          (flags & LZ_MALLOCX_ZERO) != 0);
}

/* Copies into a new block: across the threshold, or as the last resort. */
static void *
resize_by_copy(struct lz_region *region, void *p, size_t n, int flags)
{
    size_t old = region != NULL ? lz_region_usable(region) : je_sallocx(p, 0);
    void *q = place(n, flags);

    if (q == NULL)
        return NULL;
    memcpy(q, p, smaller(old, n));
    if (region != NULL)
        lz_route_free_region(region, p, "realloc");
    else
        lz_route_free_heap(p, flags, "realloc");
    LZ_STAT_ADD(resized_by_copy, 1);
    return q;
}

/*
 * From jemalloc to jemalloc, which would free the old block with its contents.
 */
static void *
resize_heap(void *p, size_t n, int flags)
{
    void *q;

    if (LZ_UNLIKELY(lz_options.zero_on_free))
        return resize_by_copy(NULL, p, n, flags);
    if (!lz_live_remove(p))
        lz_route_stop(p, "realloc");
    q = je_rallocx(p, n, flags);
    if (LZ_UNLIKELY(q == NULL && lz_cache_flush()))
        q = je_rallocx(p, n, flags);
    lz_live_add(q != NULL ? q : p);
    return q;
}

static bool
is_aligned(const void *p, int flags)
{
    return ((uintptr_t)p & (lz_backend_align(flags) - 1)) == 0;
}

/*
 * MALLOCX_ZERO concerns the bytes beyond the old usable size. Those beyond what
 * was mapped come fresh from the system (mremap(2)) and are not written: growth
 * by hundreds of GiB would get the process killed.
 */
static void
zero_growth(struct lz_region *region, char *p, size_t usable, size_t mapped)
{
    size_t end = smaller(lz_region_usable(region), mapped);

    if (end > usable)
        lz_region_zero_growth(region, p + usable, end - usable);
}

/* Without a copy: within the capacity, else by moving page tables. */
static void *
resize_region(struct lz_region *region, void *p, size_t n, int flags)
{
    size_t usable = lz_region_usable(region);
    size_t mapped = lz_region_capacity(region) + lz_os_page_size();

    if (n > LZ_SIZE_LIMIT)
        return NULL;
    if (!is_aligned(p, flags) || !lz_region_resize(region, n))
        p = lz_region_grow(region, n, lz_backend_align(flags));
    if (p != NULL && (flags & LZ_MALLOCX_ZERO) != 0)
        zero_growth(region, p, usable, mapped);
    return p;
}

/* A region that shrinks stays a region down to half of the threshold. */
static void *
resize_large(struct lz_region *region, void *p, size_t n, int flags)
{
    int saved = errno;
    void *q;

    if (region != NULL && n >= lz_options.threshold / 2) {
        q = resize_region(region, p, n, flags);
        if (q != NULL)
            return q;
    }
    q = resize_by_copy(region, p, n, flags);
    if (q != NULL || n > LZ_SIZE_LIMIT)
        return q;
    /*
     * A second block is not available. The owner may be able to resize without
     * one.
     */
    q = region != NULL ? resize_region(region, p, n, flags)
                       : resize_heap(p, n, flags);
    if (q != NULL)
        errno = saved;
    return q;
}

/* `before`: the region that p was, or NULL. q is the block now. */
static void
trace_resized(struct lz_trace_event *event, const struct lz_region *before,
              const void *q)
{
    lz_route_trace_block(event, q);
    if (q == NULL || lz_region_find(q) == NULL)
        return;
    if (q == event->from)
        event->how = "in_place";
    else
        event->how = lz_region_find(q) == before ? "moved" : "copied";
}

/* What was in use of the block that it resizes. */
static void
trace_before(struct lz_trace_event *event, const struct lz_region *region)
{
    if (region == NULL)
        return;
    event->resident = lz_region_resident(region);
    event->is_resident_known = event->resident <= lz_region_usable(region);
}

static LZ_COLD void *
resize_traced(struct lz_region *region, void *p, size_t n, int flags)
{
    struct lz_trace_event event = {
        .call = "realloc", .from = p, .size = n, .is_request = true};
    void *q;

    trace_before(&event, region);
    lz_trace_begin(&event);
    q = resize_large(region, p, n, flags);
    trace_resized(&event, region, q);
    lz_trace_end(&event);
    return q;
}

static void *
resize(struct lz_region *region, void *p, size_t n, int flags)
{
    if (region == NULL && n < lz_options.threshold)
        return resize_heap(p, n, flags);
    LZ_STAT_REQUEST(requests_realloc, n);
    return LZ_UNLIKELY(lz_trace_on) ? resize_traced(region, p, n, flags)
                                    : resize_large(region, p, n, flags);
}

void *
lz_route_realloc(void *p, size_t n)
{
    struct lz_region *region;
    void *q;

    if (p == NULL)
        return lz_route_allocate(n, 1, false);
    lz_route_start();
    if (n == 0) {
        lz_route_free(p, "realloc");
        return NULL;
    }
    region = lz_route_find_owner(p, "realloc");
    q = resize(region, p, n, 0);
    return q != NULL ? q : lz_route_out_of_memory();
}

void *
lz_route_rallocx(void *p, size_t n, int flags)
{
    struct lz_region *region;

    lz_route_start();
    region = lz_route_find_owner(p, "rallocx");
    if (region == NULL && lz_route_names_arena(flags))
        return resize_heap(p, n, flags);
    return resize(region, p, n, flags);
}

static LZ_COLD void
resize_in_place_traced(struct lz_region *region, void *p, size_t n)
{
    struct lz_trace_event event = {.call = "realloc",
                                   .how = "in_place",
                                   .address = p,
                                   .from = p,
                                   .size = n,
                                   .is_request = true};

    trace_before(&event, region);
    lz_trace_begin(&event);
    lz_region_resize(region, n);
    event.usable = lz_region_usable(region);
    lz_trace_end(&event);
}

/* As resize, for what may not move: n is at most the capacity. */
static void
resize_in_place(struct lz_region *region, void *p, size_t n)
{
    LZ_STAT_REQUEST(requests_realloc, n);
    if (LZ_LIKELY(!lz_trace_on))
        lz_region_resize(region, n);
    else
        resize_in_place_traced(region, p, n);
}

size_t
lz_route_xallocx(void *p, size_t n, size_t extra, int flags)
{
    struct lz_region *region;
    size_t usable, capacity, most;

    lz_route_start();
    region = lz_route_find_owner(p, "xallocx");
    if (region == NULL) {
        /* The part that was cut off would keep its contents. */
        if (LZ_UNLIKELY(lz_options.zero_on_free) && n < je_sallocx(p, flags))
            return je_sallocx(p, flags);
        return je_xallocx(p, n, extra, flags);
    }
    usable = lz_region_usable(region);
    capacity = lz_region_capacity(region);
    if (n > capacity || !is_aligned(p, flags))
        return usable;
    most = n + smaller(extra, capacity - n);
    resize_in_place(region, p, most);
    if ((flags & LZ_MALLOCX_ZERO) != 0)
        zero_growth(region, p, usable, capacity);
    return lz_region_usable(region);
}
