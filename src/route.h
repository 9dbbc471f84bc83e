/* SPDX-License-Identifier: MIT */
/*
 * Who serves a request, and who owns an address.
 *
 * The two tests below are the whole price of a small call: one compare, or one
 * AND, and a jump to jemalloc. Both read 0 until the library has started, which
 * sends every call to the functions below, and those start it.
 *
 * An owner is always found by address, never by size: a region may have shrunk
 * below the threshold, and where the system refused a mapping jemalloc holds a
 * block above it.
 *
 * All functions are thread safe and keep errno when they succeed; on failure
 * they return NULL and set ENOMEM. One that meets a pointer that is no live
 * block prints one line and aborts; `call` is the name it prints.
 */
#ifndef LZ_ROUTE_H
#define LZ_ROUTE_H

#include "util.h"

extern LZ_HIDDEN size_t lz_route_threshold;
extern LZ_HIDDEN uintptr_t lz_route_tag_mask;

/* True: jemalloc's, by size. False: ask lz_route_allocate. */
static inline bool
lz_route_is_small(size_t n)
{
    return LZ_LIKELY(n < lz_route_threshold);
}

/* True: jemalloc's, or no pointer at all. False: ask the functions below. */
static inline bool
lz_route_is_heap(const void *p)
{
    return LZ_LIKELY(((uintptr_t)p & lz_route_tag_mask) != 0);
}

/* Starts the library, if nobody did. */
void lz_route_start(void);

/*
 * `align` of 1 means what malloc guarantees; one that is no power of two fails
 * with EINVAL. n may be 0.
 */
void *lz_route_allocate(size_t n, size_t align, bool zero) LZ_COLD;

/* As posix_memalign(3): 0, EINVAL or ENOMEM; errno is kept in any case. */
int lz_route_allocate_at(void **out, size_t align, size_t n) LZ_COLD;

void lz_route_free(void *p, const char *call) LZ_COLD;
size_t lz_route_usable(const void *p, const char *call) LZ_COLD;

/* realloc(3): a null p allocates, n of 0 frees and returns NULL. */
void *lz_route_realloc(void *p, size_t n) LZ_COLD;

/* jemalloc(3): mallocx, rallocx, xallocx, nallocx for large sizes or blocks. */
void *lz_route_mallocx(size_t n, int flags) LZ_COLD;
void *lz_route_rallocx(void *p, size_t n, int flags) LZ_COLD;
size_t lz_route_xallocx(void *p, size_t n, size_t extra, int flags) LZ_COLD;
size_t lz_route_nallocx(size_t n, int flags) LZ_COLD;

/* malloc_trim(3): 1 if memory may have gone back to the system, else 0. */
int lz_route_trim(void);

#endif
