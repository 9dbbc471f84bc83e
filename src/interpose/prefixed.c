/* SPDX-License-Identifier: MIT */
/*
 * The names for programs that ask for large blocks themselves, on every system:
 * forwarders, no logic. lazyzero.h says what they do.
 */
#include "front/route.h"
#include "heap/backend.h"
#include "lazyzero/lazyzero.h"

LZ_EXPORT void *
lazyzero_malloc(size_t n)
{
    return lz_route_is_small(n) ? je_malloc(n) : lz_route_malloc(n);
}

LZ_EXPORT void *
lazyzero_calloc(size_t count, size_t size)
{
    size_t n;

    if (LZ_UNLIKELY(__builtin_mul_overflow(count, size, &n)))
        n = SIZE_MAX; /* refused as too large */
    return lz_route_is_small_calloc(n) ? je_calloc(1, n) : lz_route_calloc(n);
}

LZ_EXPORT void *
lazyzero_realloc(void *p, size_t n)
{
    return lz_route_realloc_any(p, n == 0 ? 1 : n);
}

LZ_EXPORT void
lazyzero_free(void *p)
{
    if (lz_route_is_heap(p))
        je_free(p);
    else
        lz_route_free(p, "lazyzero_free");
}

LZ_EXPORT void *
lazyzero_aligned_alloc(size_t align, size_t n)
{
    return lz_route_allocate(n, align, false);
}

LZ_EXPORT size_t
lazyzero_usable_size(const void *p)
{
    return lz_route_usable(p, "lazyzero_usable_size");
}
