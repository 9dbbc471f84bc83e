/* SPDX-License-Identifier: MIT */
/*
 * macOS 14: the malloc family with a type, which matters to libmalloc's small
 * blocks. Apple's own libraries allocate by these.
 */
#include "interpose/darwin/darwin.h"

#include "front/route.h"

void *
lz_interpose_malloc_type_malloc(size_t n, lz_type_id type)
{
    return lz_interpose_is_libmallocs(n) ? malloc_type_malloc(n, type)
                                         : lz_interpose_malloc(n);
}

void *
lz_interpose_malloc_type_calloc(size_t count, size_t size, lz_type_id type)
{
    return lz_interpose_is_libmallocs(lz_interpose_product(count, size))
               ? malloc_type_calloc(count, size, type)
               : lz_interpose_calloc(count, size);
}

void *
lz_interpose_malloc_type_valloc(size_t n, lz_type_id type)
{
    return lz_interpose_is_libmallocs(n) ? malloc_type_valloc(n, type)
                                         : lz_interpose_valloc(n);
}

int
lz_interpose_malloc_type_posix_memalign(void **out, size_t align, size_t n,
                                        lz_type_id type)
{
    return lz_interpose_is_libmallocs(n)
               ? malloc_type_posix_memalign(out, align, n, type)
               : lz_route_allocate_at(out, align, n);
}

void *
lz_interpose_malloc_type_aligned_alloc(size_t align, size_t n, lz_type_id type)
{
    return lz_interpose_is_libmallocs(n)
               ? malloc_type_aligned_alloc(align, n, type)
               : lz_route_allocate(n, align, false);
}

void *
lz_interpose_malloc_type_realloc(void *p, size_t n, lz_type_id type)
{
    return lz_interpose_is_foreign(p, n) ? malloc_type_realloc(p, n, type)
                                         : lz_interpose_realloc(p, n);
}

void
lz_interpose_malloc_type_free(void *p, lz_type_id type)
{
    if (lz_interpose_owns(p))
        lz_route_free(p, "malloc_type_free");
    else
        malloc_type_free(p, type);
}

void *
lz_interpose_malloc_type_zone_malloc(malloc_zone_t *zone, size_t n,
                                     lz_type_id type)
{
    return lz_interpose_is_ours_in(zone, n)
               ? lz_interpose_malloc(n)
               : malloc_type_zone_malloc(zone, n, type);
}

void *
lz_interpose_malloc_type_zone_calloc(malloc_zone_t *zone, size_t count,
                                     size_t size, lz_type_id type)
{
    return lz_interpose_is_ours_in(zone, lz_interpose_product(count, size))
               ? lz_interpose_calloc(count, size)
               : malloc_type_zone_calloc(zone, count, size, type);
}

void *
lz_interpose_malloc_type_zone_valloc(malloc_zone_t *zone, size_t n,
                                     lz_type_id type)
{
    return lz_interpose_is_ours_in(zone, n)
               ? lz_interpose_valloc(n)
               : malloc_type_zone_valloc(zone, n, type);
}

void *
lz_interpose_malloc_type_zone_memalign(malloc_zone_t *zone, size_t align,
                                       size_t n, lz_type_id type)
{
    return lz_interpose_is_ours_in(zone, n)
               ? lz_route_allocate(n, align, false)
               : malloc_type_zone_memalign(zone, align, n, type);
}

void *
lz_interpose_malloc_type_zone_realloc(malloc_zone_t *zone, void *p, size_t n,
                                      lz_type_id type)
{
    return lz_interpose_is_foreign_in(zone, p, n)
               ? malloc_type_zone_realloc(zone, p, n, type)
               : lz_interpose_realloc(p, n);
}

void
lz_interpose_malloc_type_zone_free(malloc_zone_t *zone, void *p,
                                   lz_type_id type)
{
    if (lz_interpose_owns(p))
        lz_route_free(p, "malloc_type_zone_free");
    else
        malloc_type_zone_free(zone, p, type);
}
