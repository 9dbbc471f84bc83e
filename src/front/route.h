/* SPDX-License-Identifier: MIT */
/*
 * Who serves a request, and who owns an address.
 *
 * The two tests below are all that a small call costs: one compare, or one AND,
 * and a jump to jemalloc. Both limits are 0 until the library has started. This
 * sends every call to the functions below, which start it.
 *
 * An owner is always found by address, never by size. A region may have shrunk
 * below the threshold. If the system refused a mapping, jemalloc holds a block
 * above it.
 *
 * All functions are thread safe and keep errno when they succeed; on failure
 * they return NULL, and those of the C library set ENOMEM. A function that gets
 * a pointer to no live block prints one line, with `call` as the name, and
 * aborts.
 */
#ifndef LZ_ROUTE_H
#define LZ_ROUTE_H

#include "base/util.h"
#include "heap/backend.h"
#include "large/zero.h"

extern LZ_HIDDEN size_t lz_route_threshold;
extern LZ_HIDDEN size_t lz_route_calloc_least;
extern LZ_HIDDEN size_t lz_route_memset_least;
extern LZ_HIDDEN uint32_t lz_route_tag_mask;

/* True: jemalloc's, by size. False: ask lz_route_allocate. */
static inline bool
lz_route_is_small(size_t n)
{
    return LZ_LIKELY(n < lz_route_threshold);
}

/* The same for calloc, whose middle sizes are zeroed by us. */
static inline bool
lz_route_is_small_calloc(size_t n)
{
    return LZ_LIKELY(n < lz_route_calloc_least);
}

/* True: jemalloc's block, or NULL. False: ask the functions below. */
static inline bool
lz_route_is_heap(const void *p)
{
    return LZ_LIKELY(((uint32_t)(uintptr_t)p & lz_route_tag_mask) != 0);
}

/* True: libc's memset, at once. False: ask lz_route_memset. */
static inline bool
lz_route_is_short_memset(size_t n)
{
    return LZ_LIKELY(n < lz_route_memset_least);
}

/* memset(3), for lengths that may cover a large block. */
void *lz_route_memset(void *p, int c, size_t n);

static inline void *
lz_route_set(void *p, int c, size_t n)
{
    return lz_route_is_short_memset(n) ? lz_zero_libc_memset()(p, c, n)
                                       : lz_route_memset(p, c, n);
}

/*
 * Once the constructors run: libc's memset, found by the caller. Until then
 * every memset is a loop of ours, since the relocations of this library may not
 * be done when another one's IFUNC resolver calls it.
 */
void lz_route_set_memset(void *(*libc_memset)(void *, int, size_t));

/* From now on every memset writes: the program means to commit its memory. */
void lz_route_commit_memset(void);

/* calloc(3) of sizes that are not small to lz_route_is_small_calloc. */
void *lz_route_calloc(size_t n) LZ_COLD;

/*
 * From now on every request and free comes to the functions below, small ones
 * too.
 */
void lz_route_all(void);

/* malloc(3) of sizes that are not small to lz_route_is_small. */
void *lz_route_malloc(size_t n) LZ_COLD;

/* Starts the library, if nobody did. */
void lz_route_start(void);

/*
 * `align` of 1 means what malloc guarantees; one that is no power of two fails
 * with EINVAL. n may be 0.
 */
void *lz_route_allocate(size_t n, size_t align, bool zero) LZ_COLD;

/* memalign(3) of an alignment that is no power of two. */
void *lz_route_memalign_odd(size_t align, size_t n) LZ_COLD;

/*
 * memalign(3) as in glibc, where aligned_alloc is the same function up to 2.37.
 * An alignment of 0 means none. One that is no power of two means the next
 * power of two; EINVAL if there is none.
 */
static inline void *
lz_route_memalign(size_t align, size_t n)
{
    if (LZ_UNLIKELY(!lz_is_power_of_two(align)))
        return lz_route_memalign_odd(align, n);
    return lz_route_is_small(n) ? je_aligned_alloc(align, n)
                                : lz_route_allocate(n, align, false);
}

/* As posix_memalign(3): 0, EINVAL or ENOMEM; errno is kept in any case. */
int lz_route_allocate_at(void **out, size_t align, size_t n) LZ_COLD;

void lz_route_free(void *p, const char *call);

/*
 * free(3) with the flags of dallocx, which say to which thread cache a small
 * block goes.
 */
void lz_route_free_flags(void *p, int flags, const char *call);

/*
 * Frees a block of n bytes, as the caller claims, with an alignment in `flags`.
 * The block is freed by its true size. If n is wrong, the caller is at fault
 * (for example a delete by a base class without a virtual destructor), and
 * LAZYZERO_CHECK prints one line and aborts.
 */
void lz_route_free_sized(void *p, size_t n, int flags, const char *call);
size_t lz_route_usable(const void *p, const char *call) LZ_COLD;

/* realloc(3): a null p allocates, n of 0 frees and returns NULL. */
void *lz_route_realloc(void *p, size_t n) LZ_COLD;

/*
 * To be called if jemalloc's realloc returned NULL, since that does not set
 * errno (5.3.0). Sets it if n is not 0. Returns NULL.
 */
void *lz_route_heap_refused(size_t n);

/* realloc(3), in the cheapest way. */
static inline void *
lz_route_realloc_any(void *p, size_t n)
{
    if (!lz_route_is_heap(p) || !lz_route_is_small(n))
        return lz_route_realloc(p, n);
    p = je_realloc(p, n);
    return LZ_LIKELY(p != NULL) ? p : lz_route_heap_refused(n);
}

/* jemalloc(3): mallocx, rallocx, xallocx, nallocx for large sizes or blocks. */
void *lz_route_mallocx(size_t n, int flags) LZ_COLD;
void *lz_route_rallocx(void *p, size_t n, int flags) LZ_COLD;
size_t lz_route_xallocx(void *p, size_t n, size_t extra, int flags) LZ_COLD;
size_t lz_route_nallocx(size_t n, int flags) LZ_COLD;

/* malloc_trim(3): 1 if memory may have gone back to the system, else 0. */
int lz_route_trim(void);

#endif
