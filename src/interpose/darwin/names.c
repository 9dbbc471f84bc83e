/* SPDX-License-Identifier: MIT */
/*
 * The names that programs call on macOS: forwarders, and dyld's table of them.
 *
 * Small requests stay libmalloc's, or are jemalloc's (LZ_BACKEND_IS_SYSTEM). An
 * owner is found by address: what is no block of ours goes to the function that
 * the program called, in the zone that it named. Nothing but an interposed call
 * starts the library, so that a started library proves that dyld obeys the
 * table.
 */
#include "interpose/darwin/darwin.h"

#include <stdlib.h>
#include <string.h>

#include "front/init.h"
#include "front/route.h"
#include "heap/backend.h"
#include "heap/live.h"
#include "large/region.h"
#include "large/zero.h"
#include "lazyzero/lazyzero.h"
#include "os/os.h"

/* Before the start, and for a block's first address only, it asks the index. */
static bool
is_region(const void *p)
{
    return !lz_route_is_heap(p) && lz_region_find(p) != NULL;
}

/*
 * The index knows granules of 2 MiB, in which libmalloc's memory may lie too.
 * jemalloc tells its own from that (JEMALLOC_FORCE_IVSALLOC,
 * cmake/jemalloc-darwin.cmake).
 */
static bool
is_jemallocs(const void *p)
{
    return !LZ_BACKEND_IS_SYSTEM && lz_backend_owns(p) && je_sallocx(p, 0) != 0;
}

bool
lz_interpose_owns(const void *p)
{
    return is_region(p) || is_jemallocs(p);
}

size_t
lz_interpose_size(const void *p)
{
    if (is_region(p))
        return lz_route_usable(p, "malloc_size");
    return is_jemallocs(p) && lz_live_has(p) ? je_sallocx(p, 0) : 0;
}

/*
 * Neither the block nor the size is ours. With jemalloc a block of libmalloc's
 * stays one at any size: the core knows two owners, and that would be a third.
 */
bool
lz_interpose_is_foreign(const void *p, size_t n)
{
    if (p == NULL)
        return lz_interpose_is_libmallocs(n);
    return (!LZ_BACKEND_IS_SYSTEM || lz_route_is_small(n)) &&
           !lz_interpose_owns(p);
}

bool
lz_interpose_is_foreign_in(malloc_zone_t *zone, const void *p, size_t n)
{
    return !lz_interpose_owns(p) &&
           (zone != malloc_default_zone() || lz_interpose_is_foreign(p, n));
}

bool
lz_interpose_is_ours_in(malloc_zone_t *zone, size_t n)
{
    return !lz_interpose_is_libmallocs(n) && zone == malloc_default_zone();
}

void *
lz_interpose_malloc(size_t n)
{
    return lz_route_is_small(n) ? je_malloc(n) : lz_route_allocate(n, 1, false);
}

void *
lz_interpose_calloc(size_t count, size_t size)
{
    size_t n = lz_interpose_product(count, size);

    return lz_route_is_small_calloc(n) ? je_calloc(count, size)
                                       : lz_route_calloc(n);
}

void *
lz_interpose_valloc(size_t n)
{
    return lz_interpose_is_libmallocs(n)
               ? valloc(n)
               : lz_route_allocate(n, lz_os_page_size(), false);
}

int
lz_interpose_posix_memalign(void **out, size_t align, size_t n)
{
    return lz_interpose_is_libmallocs(n) ? posix_memalign(out, align, n)
                                         : lz_route_allocate_at(out, align, n);
}

void *
lz_interpose_aligned_alloc(size_t align, size_t n)
{
    return lz_interpose_is_libmallocs(n) ? aligned_alloc(align, n)
                                         : lz_route_allocate(n, align, false);
}

/* Where n is 0 libmalloc frees the block and returns one of the least size. */
void *
lz_interpose_realloc(void *p, size_t n)
{
    return lz_interpose_is_foreign(p, n)
               ? realloc(p, n)
               : lz_route_realloc_any(p, n == 0 ? 1 : n);
}

void *
lz_interpose_reallocf(void *p, size_t n)
{
    void *q;

    if (lz_interpose_is_foreign(p, n))
        return reallocf(p, n);
    q = lz_interpose_realloc(p, n);
    if (q == NULL)
        lz_interpose_free(p);
    return q;
}

void *
lz_interpose_reallocarray(void *p, size_t count, size_t size)
{
    size_t n = lz_interpose_product(count, size);

    return lz_interpose_is_foreign(p, n) ? reallocarray(p, count, size)
                                         : lz_interpose_realloc(p, n);
}

void *
lz_interpose_reallocarrayf(void *p, size_t count, size_t size)
{
    size_t n = lz_interpose_product(count, size);

    return lz_interpose_is_foreign(p, n) ? reallocarrayf(p, count, size)
                                         : lz_interpose_reallocf(p, n);
}

void
lz_interpose_free(void *p)
{
    if (lz_interpose_owns(p))
        lz_route_free(p, "free");
    else
        free(p);
}

void
lz_interpose_vfree(void *p)
{
    lz_interpose_free(p);
}

size_t
lz_interpose_malloc_size(const void *p)
{
    size_t usable = lz_interpose_size(p);

    return usable != 0 ? usable : malloc_size(p);
}

size_t
lz_interpose_malloc_good_size(size_t n)
{
    size_t usable =
        lz_interpose_is_libmallocs(n) ? 0 : lz_route_nallocx(n == 0 ? 1 : n, 0);

    return usable != 0 ? usable : malloc_good_size(n);
}

/* Zones: another than the default one keeps what it was asked for. */

void *
lz_interpose_malloc_zone_malloc(malloc_zone_t *zone, size_t n)
{
    return lz_interpose_is_ours_in(zone, n) ? lz_interpose_malloc(n)
                                            : malloc_zone_malloc(zone, n);
}

void *
lz_interpose_malloc_zone_calloc(malloc_zone_t *zone, size_t count, size_t size)
{
    return lz_interpose_is_ours_in(zone, lz_interpose_product(count, size))
               ? lz_interpose_calloc(count, size)
               : malloc_zone_calloc(zone, count, size);
}

void *
lz_interpose_malloc_zone_valloc(malloc_zone_t *zone, size_t n)
{
    return lz_interpose_is_ours_in(zone, n) ? lz_interpose_valloc(n)
                                            : malloc_zone_valloc(zone, n);
}

void *
lz_interpose_malloc_zone_memalign(malloc_zone_t *zone, size_t align, size_t n)
{
    return lz_interpose_is_ours_in(zone, n)
               ? lz_route_allocate(n, align, false)
               : malloc_zone_memalign(zone, align, n);
}

void *
lz_interpose_malloc_zone_realloc(malloc_zone_t *zone, void *p, size_t n)
{
    return lz_interpose_is_foreign_in(zone, p, n)
               ? malloc_zone_realloc(zone, p, n)
               : lz_interpose_realloc(p, n);
}

void
lz_interpose_malloc_zone_free(malloc_zone_t *zone, void *p)
{
    if (lz_interpose_owns(p))
        lz_route_free(p, "malloc_zone_free");
    else
        malloc_zone_free(zone, p);
}

/* The array may be overwritten: what is not ours moves to its front. */
void
lz_interpose_malloc_zone_batch_free(malloc_zone_t *zone, void **blocks,
                                    unsigned count)
{
    unsigned others = 0;

    for (unsigned i = 0; i < count; i++) {
        if (lz_interpose_owns(blocks[i]))
            lz_route_free(blocks[i], "malloc_zone_batch_free");
        else
            blocks[others++] = blocks[i];
    }
    if (others != 0)
        malloc_zone_batch_free(zone, blocks, others);
}

malloc_zone_t *
lz_interpose_malloc_zone_from_ptr(const void *p)
{
    return lz_interpose_owns(p) ? lz_interpose_zone() : malloc_zone_from_ptr(p);
}

/* Ours came out of the default zone, which would say that it has none such. */
boolean_t
lz_interpose_malloc_zone_claimed_address(malloc_zone_t *zone, void *p)
{
    return lz_interpose_owns(p) || malloc_zone_claimed_address(zone, p);
}

/*
 * Calls inside dyld's shared cache may not come here; then all is written, as
 * without us. Before the start every memset is a loop (lz_route_memset).
 */
void *
lz_interpose_memset(void *p, int c, size_t n)
{
    return lz_route_is_short_memset(n) ? memset(p, c, n)
                                       : lz_route_memset(p, c, n);
}

void
lz_interpose_bzero(void *p, size_t n)
{
    lz_interpose_memset(p, 0, n);
}

/* What compilers make of memset(p, 0, n). */
void
lz_interpose___bzero(void *p, size_t n)
{
    lz_interpose_memset(p, 0, n);
}

void *
lz_interpose___memset_chk(void *p, int c, size_t n, size_t room)
{
    return n > room ? __memset_chk(p, c, n, room)
                    : lz_interpose_memset(p, c, n);
}

#ifdef __APPLE__
#define SECTION __attribute__((used, section("__DATA,__interpose")))
#else
#define SECTION
#endif
#define LZ_INTERPOSE(name) \
    {(const void *)&lz_interpose_##name, (const void *)&name},
#define LZ_INTERPOSE_WEAK(name) LZ_INTERPOSE(name)

SECTION const struct lz_interpose lz_interpose_table[] = {
#include "interpose/darwin/names.def"
};

size_t
lz_interpose_count(void)
{
    return sizeof(lz_interpose_table) / sizeof(lz_interpose_table[0]);
}

LZ_EXPORT int
lazyzero_is_active(void)
{
    return lz_route_threshold != 0;
}

/* libSystem allocates for strdup: through the table, if dyld obeys it. */
__attribute__((constructor)) static void
start(void)
{
    lz_interpose_zone_register();
    lz_interpose_free(strdup("lazyzero"));
    if (lazyzero_is_active())
        lz_route_set_memset(memset);
}

__attribute__((destructor)) static void
finish(void)
{
    lz_init_finish();
}
