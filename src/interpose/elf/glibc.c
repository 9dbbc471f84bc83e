/* SPDX-License-Identifier: MIT */
/*
 * What only glibc has: older names, its second names for the same functions,
 * and what _FORTIFY_SOURCE makes of memset.
 *
 * A program that calls the second names (or an interposer that takes them for
 * "the real malloc") must get blocks that our free knows.
 */
#include "front/route.h"
#include "heap/backend.h"
#include "os/os.h"

/* Names that amount to malloc with an alignment. */
static inline void *
allocate(size_t n, size_t align)
{
    return lz_route_is_small(n) ? je_aligned_alloc(align, n)
                                : lz_route_allocate(n, align, false);
}

LZ_EXPORT void *
pvalloc(size_t n)
{
    size_t page = lz_os_page_size();

    /* Too large stays too large: rounding must not wrap around. */
    return allocate(n > LZ_SIZE_LIMIT ? n : lz_round_up(n, page), page);
}

LZ_EXPORT void
cfree(void *p)
{
    if (lz_route_is_heap(p))
        je_free(p);
    else
        lz_route_free(p, "free");
}

LZ_EXPORT void *
__libc_malloc(size_t n)
{
    return lz_route_is_small(n) ? je_malloc(n) : lz_route_malloc(n);
}

LZ_EXPORT void *
__libc_calloc(size_t count, size_t size)
{
    size_t n;

    if (LZ_UNLIKELY(__builtin_mul_overflow(count, size, &n)))
        n = SIZE_MAX; /* refused as too large */
    return lz_route_is_small_calloc(n) ? je_calloc(1, n) : lz_route_calloc(n);
}

LZ_EXPORT void *
__libc_realloc(void *p, size_t n)
{
    return lz_route_realloc_any(p, n);
}

LZ_EXPORT void *
__libc_memalign(size_t align, size_t n)
{
    return lz_route_memalign(align, n);
}

LZ_EXPORT void *
__libc_valloc(size_t n)
{
    return allocate(n, lz_os_page_size());
}

LZ_EXPORT int
__posix_memalign(void **out, size_t align, size_t n)
{
    int error = lz_route_is_small(n) ? je_posix_memalign(out, align, n)
                                     : lz_route_allocate_at(out, align, n);

    if (LZ_UNLIKELY(error == ENOMEM))
        errno = error;
    return error;
}

/* clang-format off: one declaration a line */
#define ALIAS(name) LZ_EXPORT __attribute__((alias(#name)))

ALIAS(cfree) void __libc_free(void *p);
ALIAS(pvalloc) void *__libc_pvalloc(size_t n);
/* clang-format on */

/* libc's abort stays libc's. */
LZ_EXPORT void *
__memset_chk(void *p, int c, size_t n, size_t room)
{
    extern _Noreturn void __chk_fail(void);

    if (LZ_UNLIKELY(n > room))
        __chk_fail();
    return lz_route_set(p, c, n);
}
