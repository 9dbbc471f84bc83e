/* SPDX-License-Identifier: MIT */
/*
 * What stands in for libSystem's names (interpose_darwin.def), and the zone
 * that tells libmalloc about our blocks.
 *
 * dyld replaces the names in every image but ours, so a call of malloc or free
 * in these files reaches libSystem: whatever is not ours is forwarded.
 */
#ifndef LZ_INTERPOSE_DARWIN_H
#define LZ_INTERPOSE_DARWIN_H

#include "util.h"

#include <malloc/malloc.h>

#ifdef __APPLE__
#define LZ_WEAK_IMPORT __attribute__((weak_import))
#else
#define LZ_WEAK_IMPORT __attribute__((weak)) /* in the tests */
#endif

typedef unsigned long long lz_type_id; /* malloc_type_id_t of newer SDKs */

/* Some are in no header, or only in that of a newer system. */
void vfree(void *p);
void *reallocf(void *p, size_t n);
void bzero(void *p, size_t n);
void __bzero(void *p, size_t n);
void *__memset_chk(void *p, int c, size_t n, size_t room);

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

/* As libSystem's, for any pointer and size: also what the zone does. */
void *lz_interpose_malloc(size_t n);
void *lz_interpose_calloc(size_t count, size_t n);
void *lz_interpose_valloc(size_t n);
void *lz_interpose_realloc(void *p, size_t n);
void lz_interpose_free(void *p);

/* Is p a live block of ours? libSystem's otherwise, or none. */
bool lz_interpose_owns(const void *p);

/* The zone of our large blocks; registering makes it known to libmalloc. */
malloc_zone_t *lz_interpose_zone(void);
void lz_interpose_zone_register(void);

#endif
