/* SPDX-License-Identifier: MIT */
/*
 * jemalloc's own API, for programs that were built against jemalloc: their
 * blocks mix freely with malloc's, so all of both must come from here.
 */
#include "front/route.h"
#include "heap/backend.h"

LZ_EXPORT void *
mallocx(size_t n, int flags)
{
    return lz_route_is_small(n) ? je_mallocx(n, flags)
                                : lz_route_mallocx(n, flags);
}

LZ_EXPORT void *
rallocx(void *p, size_t n, int flags)
{
    return lz_route_is_heap(p) && lz_route_is_small(n)
               ? je_rallocx(p, n, flags)
               : lz_route_rallocx(p, n, flags);
}

LZ_EXPORT size_t
xallocx(void *p, size_t n, size_t extra, int flags)
{
    return lz_route_is_heap(p) ? je_xallocx(p, n, extra, flags)
                               : lz_route_xallocx(p, n, extra, flags);
}

LZ_EXPORT size_t
sallocx(const void *p, int flags)
{
    return lz_route_is_heap(p) ? je_sallocx(p, flags)
                               : lz_route_usable(p, "sallocx");
}

LZ_EXPORT void
dallocx(void *p, int flags)
{
    if (lz_route_is_heap(p))
        je_dallocx(p, flags);
    else
        lz_route_free_flags(p, flags, "dallocx");
}

LZ_EXPORT void
sdallocx(void *p, size_t n, int flags)
{
    if (lz_route_is_heap(p))
        je_sdallocx(p, n, flags);
    else
        lz_route_free_sized(p, n, flags, "sdallocx");
}

LZ_EXPORT size_t
nallocx(size_t n, int flags)
{
    return lz_route_is_small(n) ? je_nallocx(n, flags)
                                : lz_route_nallocx(n, flags);
}

LZ_EXPORT int
mallctl(const char *name, void *old, size_t *old_size, void *fresh,
        size_t fresh_size)
{
    return lz_backend_mallctl(name, old, old_size, fresh, fresh_size);
}

LZ_EXPORT int
mallctlnametomib(const char *name, size_t *mib, size_t *length)
{
    return lz_backend_mallctlnametomib(name, mib, length);
}

LZ_EXPORT int
mallctlbymib(const size_t *mib, size_t length, void *old, size_t *old_size,
             void *fresh, size_t fresh_size)
{
    return je_mallctlbymib(mib, length, old, old_size, fresh, fresh_size);
}

LZ_EXPORT void
malloc_stats_print(void (*write_cb)(void *, const char *), void *arg,
                   const char *options)
{
    je_malloc_stats_print(write_cb, arg, options);
}
