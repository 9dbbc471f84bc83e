/* SPDX-License-Identifier: MIT */
/*
 * The names that programs call on macOS: forwarders, and dyld's table of them.
 *
 * Small requests stay libmalloc's. An owner is found by address: what is not a
 * large block of ours goes to the function that the program called, in the zone
 * that it named. Nothing but an interposed call starts the library, so that a
 * started library proves that dyld obeys the table.
 */
#include "interpose_darwin.h"

#include <stdlib.h>
#include <string.h>

#include "backend.h"
#include "init.h"
#include "lazyzero/lazyzero.h"
#include "os.h"
#include "region.h"
#include "route.h"
#include "zero.h"

/* Before the start, and for a block's first address only, it asks the index. */
bool
lz_interpose_owns(const void *p)
{
    return !lz_route_is_heap(p) && lz_region_find(p) != NULL;
}

static size_t
product(size_t count, size_t size)
{
    size_t n;

    return __builtin_mul_overflow(count, size, &n) ? SIZE_MAX : n;
}

void *
lz_interpose_malloc(size_t n)
{
    return lz_route_is_small(n) ? malloc(n) : lz_route_allocate(n, 1, false);
}

void *
lz_interpose_calloc(size_t count, size_t size)
{
    size_t n = product(count, size);

    return lz_route_is_small(n) ? calloc(count, size) : lz_route_calloc(n);
}

void *
lz_interpose_valloc(size_t n)
{
    return lz_route_is_small(n)
               ? valloc(n)
               : lz_route_allocate(n, lz_os_page_size(), false);
}

static int
lz_interpose_posix_memalign(void **out, size_t align, size_t n)
{
    return lz_route_is_small(n) ? posix_memalign(out, align, n)
                                : lz_route_allocate_at(out, align, n);
}

static void *
lz_interpose_aligned_alloc(size_t align, size_t n)
{
    return lz_route_is_small(n) ? aligned_alloc(align, n)
                                : lz_route_allocate(n, align, false);
}

/* Neither the block nor the size is ours. */
static bool
is_foreign(const void *p, size_t n)
{
    return lz_route_is_small(n) && !lz_interpose_owns(p);
}

/* Where n is 0 libmalloc frees the block and returns one of the least size. */
void *
lz_interpose_realloc(void *p, size_t n)
{
    return is_foreign(p, n) ? realloc(p, n)
                            : lz_route_realloc(p, n == 0 ? 1 : n);
}

static void *
lz_interpose_reallocf(void *p, size_t n)
{
    void *q;

    if (is_foreign(p, n))
        return reallocf(p, n);
    q = lz_interpose_realloc(p, n);
    if (q == NULL)
        lz_interpose_free(p);
    return q;
}

void
lz_interpose_free(void *p)
{
    if (lz_interpose_owns(p))
        lz_route_free(p, "free");
    else
        free(p);
}

static void
lz_interpose_vfree(void *p)
{
    lz_interpose_free(p);
}

static size_t
lz_interpose_malloc_size(const void *p)
{
    return lz_interpose_owns(p) ? lz_route_usable(p, "malloc_size")
                                : malloc_size(p);
}

static size_t
lz_interpose_malloc_good_size(size_t n)
{
    size_t usable = lz_route_is_small(n) ? 0 : lz_route_nallocx(n, 0);

    return usable != 0 ? usable : malloc_good_size(n);
}

/* Zones: another than the default one keeps what it was asked for. */

static bool
is_large_in(malloc_zone_t *zone, size_t n)
{
    return !lz_route_is_small(n) && zone == malloc_default_zone();
}

static void *
lz_interpose_malloc_zone_malloc(malloc_zone_t *zone, size_t n)
{
    return is_large_in(zone, n) ? lz_interpose_malloc(n)
                                : malloc_zone_malloc(zone, n);
}

static void *
lz_interpose_malloc_zone_calloc(malloc_zone_t *zone, size_t count, size_t size)
{
    return is_large_in(zone, product(count, size))
               ? lz_interpose_calloc(count, size)
               : malloc_zone_calloc(zone, count, size);
}

static void *
lz_interpose_malloc_zone_valloc(malloc_zone_t *zone, size_t n)
{
    return is_large_in(zone, n) ? lz_interpose_valloc(n)
                                : malloc_zone_valloc(zone, n);
}

static void *
lz_interpose_malloc_zone_memalign(malloc_zone_t *zone, size_t align, size_t n)
{
    return is_large_in(zone, n) ? lz_route_allocate(n, align, false)
                                : malloc_zone_memalign(zone, align, n);
}

static void *
lz_interpose_malloc_zone_realloc(malloc_zone_t *zone, void *p, size_t n)
{
    return lz_interpose_owns(p) || is_large_in(zone, n)
               ? lz_interpose_realloc(p, n)
               : malloc_zone_realloc(zone, p, n);
}

static void
lz_interpose_malloc_zone_free(malloc_zone_t *zone, void *p)
{
    if (lz_interpose_owns(p))
        lz_route_free(p, "malloc_zone_free");
    else
        malloc_zone_free(zone, p);
}

/* The array may be overwritten: what is not ours moves to its front. */
static void
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

static malloc_zone_t *
lz_interpose_malloc_zone_from_ptr(const void *p)
{
    return lz_interpose_owns(p) ? lz_interpose_zone() : malloc_zone_from_ptr(p);
}

/* macOS 14: the same with a type, which matters to libmalloc's small blocks. */

static void *
lz_interpose_malloc_type_malloc(size_t n, lz_type_id type)
{
    return lz_route_is_small(n) ? malloc_type_malloc(n, type)
                                : lz_interpose_malloc(n);
}

static void *
lz_interpose_malloc_type_calloc(size_t count, size_t size, lz_type_id type)
{
    return lz_route_is_small(product(count, size))
               ? malloc_type_calloc(count, size, type)
               : lz_interpose_calloc(count, size);
}

static void *
lz_interpose_malloc_type_valloc(size_t n, lz_type_id type)
{
    return lz_route_is_small(n) ? malloc_type_valloc(n, type)
                                : lz_interpose_valloc(n);
}

static int
lz_interpose_malloc_type_posix_memalign(void **out, size_t align, size_t n,
                                        lz_type_id type)
{
    return lz_route_is_small(n)
               ? malloc_type_posix_memalign(out, align, n, type)
               : lz_route_allocate_at(out, align, n);
}

static void *
lz_interpose_malloc_type_aligned_alloc(size_t align, size_t n, lz_type_id type)
{
    return lz_route_is_small(n) ? malloc_type_aligned_alloc(align, n, type)
                                : lz_route_allocate(n, align, false);
}

static void *
lz_interpose_malloc_type_realloc(void *p, size_t n, lz_type_id type)
{
    return is_foreign(p, n) ? malloc_type_realloc(p, n, type)
                            : lz_interpose_realloc(p, n);
}

static void
lz_interpose_malloc_type_free(void *p, lz_type_id type)
{
    if (lz_interpose_owns(p))
        lz_route_free(p, "malloc_type_free");
    else
        malloc_type_free(p, type);
}

static void *
lz_interpose_malloc_type_zone_malloc(malloc_zone_t *zone, size_t n,
                                     lz_type_id type)
{
    return is_large_in(zone, n) ? lz_interpose_malloc(n)
                                : malloc_type_zone_malloc(zone, n, type);
}

static void *
lz_interpose_malloc_type_zone_calloc(malloc_zone_t *zone, size_t count,
                                     size_t size, lz_type_id type)
{
    return is_large_in(zone, product(count, size))
               ? lz_interpose_calloc(count, size)
               : malloc_type_zone_calloc(zone, count, size, type);
}

static void *
lz_interpose_malloc_type_zone_valloc(malloc_zone_t *zone, size_t n,
                                     lz_type_id type)
{
    return is_large_in(zone, n) ? lz_interpose_valloc(n)
                                : malloc_type_zone_valloc(zone, n, type);
}

static void *
lz_interpose_malloc_type_zone_memalign(malloc_zone_t *zone, size_t align,
                                       size_t n, lz_type_id type)
{
    return is_large_in(zone, n)
               ? lz_route_allocate(n, align, false)
               : malloc_type_zone_memalign(zone, align, n, type);
}

static void *
lz_interpose_malloc_type_zone_realloc(malloc_zone_t *zone, void *p, size_t n,
                                      lz_type_id type)
{
    return lz_interpose_owns(p) || is_large_in(zone, n)
               ? lz_interpose_realloc(p, n)
               : malloc_type_zone_realloc(zone, p, n, type);
}

static void
lz_interpose_malloc_type_zone_free(malloc_zone_t *zone, void *p,
                                   lz_type_id type)
{
    if (lz_interpose_owns(p))
        lz_route_free(p, "malloc_type_zone_free");
    else
        malloc_type_zone_free(zone, p, type);
}

/*
 * Calls inside dyld's shared cache may not come here; then all is written, as
 * without us. Before the start every memset is a loop (lz_route_memset).
 */
static void *
lz_interpose_memset(void *p, int c, size_t n)
{
    return lz_route_is_short_memset(n) ? memset(p, c, n)
                                       : lz_route_memset(p, c, n);
}

static void
lz_interpose_bzero(void *p, size_t n)
{
    lz_interpose_memset(p, 0, n);
}

/* What compilers make of memset(p, 0, n). */
static void
lz_interpose___bzero(void *p, size_t n)
{
    lz_interpose_memset(p, 0, n);
}

static void *
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
#include "interpose_darwin.def"
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
