/* SPDX-License-Identifier: MIT */
/*
 * What stands in for libSystem's names (interpose_darwin.def), and the zone
 * that tells libmalloc about our blocks.
 *
 * dyld replaces the names in every image but ours, so a call of malloc or free
 * in these files reaches libSystem: whatever is not ours is forwarded.
 *
 * LZ_BACKEND_IS_SYSTEM, from CMake: 1 where small blocks are libmalloc's
 * (backend_system.c), 0 where they come from a jemalloc inside of the library.
 */
#ifndef LZ_INTERPOSE_DARWIN_H
#define LZ_INTERPOSE_DARWIN_H

#include "base/util.h"
#include "front/route.h"

#include <malloc/malloc.h>
#include <stdlib.h>
#include <string.h>

#ifdef __APPLE__
#define LZ_WEAK_IMPORT __attribute__((weak_import))
#define LZ_EXTENSION(name) __asm("_" #name "$DARWIN_EXTSN") /* as SDKs say */
#else
#define LZ_WEAK_IMPORT __attribute__((weak)) /* in the tests */
#define LZ_EXTENSION(name)
#endif

typedef unsigned long long lz_type_id; /* malloc_type_id_t of newer SDKs */

/* Some are in no header, or only in that of a newer system. */
void vfree(void *p);
void *reallocf(void *p, size_t n);
void __bzero(void *p, size_t n);
void *__memset_chk(void *p, int c, size_t n, size_t room);

LZ_WEAK_IMPORT void *reallocarray(void *p, size_t count, size_t size)
    LZ_EXTENSION(reallocarray);
LZ_WEAK_IMPORT void *reallocarrayf(void *p, size_t count, size_t size)
    LZ_EXTENSION(reallocarrayf);
LZ_WEAK_IMPORT boolean_t malloc_zone_claimed_address(malloc_zone_t *zone,
                                                     void *p);
LZ_WEAK_IMPORT void *malloc_type_malloc(size_t n, lz_type_id type);
LZ_WEAK_IMPORT void *malloc_type_calloc(size_t count, size_t n,
                                        lz_type_id type);
LZ_WEAK_IMPORT void *malloc_type_valloc(size_t n, lz_type_id type);
LZ_WEAK_IMPORT int malloc_type_posix_memalign(void **out, size_t align,
                                              size_t n, lz_type_id type);
LZ_WEAK_IMPORT void *malloc_type_aligned_alloc(size_t align, size_t n,
                                               lz_type_id type);
LZ_WEAK_IMPORT void *malloc_type_realloc(void *p, size_t n, lz_type_id type);
LZ_WEAK_IMPORT void malloc_type_free(void *p, lz_type_id type);
LZ_WEAK_IMPORT void *malloc_type_zone_malloc(malloc_zone_t *zone, size_t n,
                                             lz_type_id type);
LZ_WEAK_IMPORT void *malloc_type_zone_calloc(malloc_zone_t *zone, size_t count,
                                             size_t n, lz_type_id type);
LZ_WEAK_IMPORT void *malloc_type_zone_valloc(malloc_zone_t *zone, size_t n,
                                             lz_type_id type);
LZ_WEAK_IMPORT void *malloc_type_zone_memalign(malloc_zone_t *zone,
                                               size_t align, size_t n,
                                               lz_type_id type);
LZ_WEAK_IMPORT void *malloc_type_zone_realloc(malloc_zone_t *zone, void *p,
                                              size_t n, lz_type_id type);
LZ_WEAK_IMPORT void malloc_type_zone_free(malloc_zone_t *zone, void *p,
                                          lz_type_id type);

/* One entry of the table: dyld puts the first in place of the second. */
struct lz_interpose {
    const void *replacement, *replacee;
};

/* The table, made from the list, and its length. */
extern LZ_HIDDEN const struct lz_interpose lz_interpose_table[];
size_t lz_interpose_count(void);

/*
 * The replacements, as libSystem's: lz_interpose_malloc for malloc, and so on.
 */
#define LZ_INTERPOSE(name) __typeof__(name) lz_interpose_##name;
#define LZ_INTERPOSE_WEAK(name) LZ_INTERPOSE(name)
#include "interpose/darwin/names.def"
#undef LZ_INTERPOSE
#undef LZ_INTERPOSE_WEAK

/* Is p a live block of ours? libSystem's otherwise, or none. */
bool lz_interpose_owns(const void *p);

/* Usable bytes of a block of ours; 0 for any other pointer. */
size_t lz_interpose_size(const void *p);

/*
 * Is a new block of n bytes libmalloc's? Then the function that was called
 * serves it, which may have been told a type.
 */
static inline bool
lz_interpose_is_libmallocs(size_t n)
{
    return LZ_BACKEND_IS_SYSTEM && lz_route_is_small(n);
}

/* count * size, or SIZE_MAX: more than there is. */
static inline size_t
lz_interpose_product(size_t count, size_t size)
{
    size_t n;

    return __builtin_mul_overflow(count, size, &n) ? SIZE_MAX : n;
}

/* Is a realloc of p to n bytes, in this zone, libSystem's? */
bool lz_interpose_is_foreign(const void *p, size_t n);
bool lz_interpose_is_foreign_in(malloc_zone_t *zone, const void *p, size_t n);

/* Is a new block of n bytes in this zone ours? */
bool lz_interpose_is_ours_in(malloc_zone_t *zone, size_t n);

/* The zone of our blocks; registering makes it known to libmalloc. */
malloc_zone_t *lz_interpose_zone(void);
void lz_interpose_zone_register(void);

#endif
