/* SPDX-License-Identifier: MIT */
#include "route.h"

#include <string.h>

#include "backend.h"
#include "background.h"
#include "index.h"
#include "init.h"
#include "lazyzero/lazyzero.h"
#include "log.h"
#include "options.h"
#include "pool.h"
#include "region.h"
#include "stats.h"
#include "zero.h"

/* Below, calloc is jemalloc's own; from here on blocks are whole pages. */
#define MID_LEAST (32 * LZ_KIB)

size_t lz_route_threshold;
size_t lz_route_calloc_least;
size_t lz_route_memset_least;
uint32_t lz_route_tag_mask;

void
lz_route_start(void)
{
    if (LZ_LIKELY(!lz_init_start()))
        return;
    /* With the check on, no address passes without a look at the index. */
    if (!lz_options.check)
        __atomic_store_n(&lz_route_tag_mask, (uint32_t)lz_region_tag_mask(),
                         __ATOMIC_RELAXED);
    __atomic_store_n(&lz_route_calloc_least, MID_LEAST, __ATOMIC_RELAXED);
    __atomic_store_n(&lz_route_threshold, lz_options.threshold,
                     __ATOMIC_RELAXED);
}

static void *
out_of_memory(void)
{
    errno = ENOMEM;
    return NULL;
}

/*
 * jemalloc's own calloc discards the pages of a recycled block of this size and
 * takes the faults again: 481 us for 1 MiB used in full, against 17 us this
 * way. The usable size is zeroed, since programs may use all of it.
 */
static void *
allocate_mid(size_t n)
{
    void *p = je_malloc(n);

    if (p != NULL)
        lz_zero(p, je_sallocx(p, 0));
    return p;
}

static void *
allocate_heap(size_t n, size_t align, bool zero)
{
    if (align > 1)
        return je_mallocx(n == 0 ? 1 : n, lz_backend_flags(align, zero));
    if (!zero)
        return je_malloc(n);
    if (n >= MID_LEAST && lz_backend_is_plain())
        return allocate_mid(n);
    return je_calloc(1, n);
}

/* The ladder: a mapping, else jemalloc, which may still hold free memory. */
static void *
allocate(size_t n, size_t align, bool zero)
{
    void *p;

    if (n > LZ_SIZE_LIMIT)
        return NULL;
    if (n < lz_options.threshold)
        return allocate_heap(n, align, zero);
    p = lz_region_allocate(n, align, zero);
    if (p != NULL)
        return p;
    LZ_STAT_ADD(refused, 1);
    return allocate_heap(n, align, zero);
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
    p = allocate(n, align, zero);
    return p != NULL ? p : out_of_memory();
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
    p = allocate(n, align, false);
    if (p == NULL)
        return ENOMEM;
    *out = p;
    return 0;
}

/* The region that p is; NULL when jemalloc owns p. Anything else stops. */
static struct lz_region *
find_owner(const void *p, const char *call)
{
    struct lz_region *region = lz_region_find(p);

    if (region == NULL && !lz_backend_owns(p))
        lz_log_fatal("%s(%p): not an allocated block (freed before, or never "
                     "allocated); stopping",
                     call, p);
    return region;
}

static void
free_region(struct lz_region *region, const void *p, const char *call)
{
    if (!lz_region_free(region))
        lz_log_fatal("%s(%p): two threads free this block; stopping", call, p);
    lz_background_wake();
}

static LZ_COLD void
free_unusual(void *p, const char *call)
{
    struct lz_region *region;

    lz_route_start();
    if (p == NULL)
        return;
    region = find_owner(p, call);
    if (region != NULL)
        free_region(region, p, call);
    else
        je_free(p);
}

/*
 * First the heap's block whose address merely looks like a region's: jemalloc
 * begins its slabs at page bounds, so it may be a program's hottest block.
 */
void
lz_route_free(void *p, const char *call)
{
    if (LZ_LIKELY(lz_index_get(p) == LZ_INDEX_HEAP))
        je_free(p);
    else
        free_unusual(p, call);
}

size_t
lz_route_usable(const void *p, const char *call)
{
    struct lz_region *region;

    lz_route_start();
    if (p == NULL)
        return 0;
    region = find_owner(p, call);
    return region != NULL ? lz_region_usable(region) : je_sallocx(p, 0);
}

static size_t
smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Into a new block: on the way across the threshold, or as the last resort. */
static void *
resize_by_copy(struct lz_region *region, void *p, size_t n, int flags)
{
    size_t old = region != NULL ? lz_region_usable(region) : je_sallocx(p, 0);
    void *q =
        allocate(n, lz_backend_align(flags), (flags & LZ_MALLOCX_ZERO) != 0);

    if (q == NULL)
        return NULL;
    memcpy(q, p, smaller(old, n));
    if (region != NULL)
        free_region(region, p, "realloc");
    else
        je_free(p);
    LZ_STAT_ADD(resized_by_copy, 1);
    return q;
}

static bool
is_aligned(const void *p, int flags)
{
    return ((uintptr_t)p & (lz_backend_align(flags) - 1)) == 0;
}

/* MALLOCX_ZERO speaks of the bytes beyond the old usable size. */
static void
zero_growth(struct lz_region *region, char *p, size_t usable)
{
    if (lz_region_usable(region) > usable)
        lz_zero(p + usable, lz_region_usable(region) - usable);
}

/* Without a copy: within the capacity, else by moving page tables. */
static void *
resize_region(struct lz_region *region, void *p, size_t n, int flags)
{
    size_t usable = lz_region_usable(region);

    if (n > LZ_SIZE_LIMIT)
        return NULL;
    if (!is_aligned(p, flags) || !lz_region_resize(region, n))
        p = lz_region_grow(region, n, lz_backend_align(flags));
    if (p != NULL && (flags & LZ_MALLOCX_ZERO) != 0)
        zero_growth(region, p, usable);
    return p;
}

/* On the way down a region stays one until half of the threshold. */
static void *
resize(struct lz_region *region, void *p, size_t n, int flags)
{
    int saved = errno;
    void *q;

    if (region == NULL && n < lz_options.threshold)
        return je_rallocx(p, n, flags);
    if (region != NULL && n >= lz_options.threshold / 2) {
        q = resize_region(region, p, n, flags);
        if (q != NULL)
            return q;
    }
    q = resize_by_copy(region, p, n, flags);
    if (q != NULL || n > LZ_SIZE_LIMIT)
        return q;
    /* No second block to be had: whoever owns it may do without one. */
    q = region != NULL ? resize_region(region, p, n, flags)
                       : je_rallocx(p, n, flags);
    if (q != NULL)
        errno = saved;
    return q;
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
    region = find_owner(p, "realloc");
    q = resize(region, p, n, 0);
    return q != NULL ? q : out_of_memory();
}

/* A block for a certain arena is jemalloc's, whatever its size. */
static bool
names_arena(int flags)
{
    return flags >> LZ_MALLOCX_ARENA_SHIFT != 0;
}

void *
lz_route_mallocx(size_t n, int flags)
{
    lz_route_start();
    if (names_arena(flags) || n < lz_options.threshold)
        return je_mallocx(n, flags);
    return allocate(n, lz_backend_align(flags), flags & LZ_MALLOCX_ZERO);
}

void *
lz_route_rallocx(void *p, size_t n, int flags)
{
    struct lz_region *region;

    lz_route_start();
    region = find_owner(p, "rallocx");
    if (region == NULL && names_arena(flags))
        return je_rallocx(p, n, flags);
    return resize(region, p, n, flags);
}

size_t
lz_route_xallocx(void *p, size_t n, size_t extra, int flags)
{
    struct lz_region *region;
    size_t usable, capacity, most;

    lz_route_start();
    region = find_owner(p, "xallocx");
    if (region == NULL)
        return je_xallocx(p, n, extra, flags);
    usable = lz_region_usable(region);
    capacity = lz_region_capacity(region);
    if (n > capacity || !is_aligned(p, flags))
        return usable;
    most = n + smaller(extra, capacity - n);
    lz_region_resize(region, most);
    if ((flags & LZ_MALLOCX_ZERO) != 0)
        zero_growth(region, p, usable);
    return lz_region_usable(region);
}

size_t
lz_route_nallocx(size_t n, int flags)
{
    lz_route_start();
    if (names_arena(flags) || n < lz_options.threshold)
        return je_nallocx(n, flags);
    return n > LZ_SIZE_LIMIT / 2 ? 0 : lz_region_usable_for(n);
}

int
lz_route_trim(void)
{
    bool released = lz_region_release(LZ_POOL_ALL) != 0;

    return lz_backend_trim() || released;
}

void
lz_route_set_memset(void *(*libc_memset)(void *, int, size_t))
{
    lz_route_start();
    __atomic_store_n(&lz_zero_memset, libc_memset, __ATOMIC_RELAXED);
    if (libc_memset != NULL)
        __atomic_store_n(&lz_route_memset_least,
                         lz_options.memset ? lz_options.threshold / 2
                                           : SIZE_MAX,
                         __ATOMIC_RELAXED);
}

void *
lz_route_memset(void *p, int c, size_t n)
{
    volatile unsigned char *byte = p;

    if (lz_zero_memset != NULL) {
        if (c == 0 && lz_region_memset(p, n))
            return p;
        return lz_zero_memset(p, c, n);
    }
    for (size_t i = 0; i < n; i++)
        byte[i] = (unsigned char)c;
    return p;
}

int
lazyzero_owns(const void *p)
{
    return lz_region_find(p) != NULL;
}
