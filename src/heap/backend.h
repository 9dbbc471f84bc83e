/* SPDX-License-Identifier: MIT */
/*
 * jemalloc under other names, and what it needs from us.
 *
 * cmake/jemalloc.cmake renames the public names of a static jemalloc to je_*,
 * and its references to mmap, munmap, madvise, sbrk, memset, clock_gettime,
 * pthread_cond_init and pthread_atfork to the hooks below: so its system calls
 * keep errno, its memory is known to the index, and its fork handlers run where
 * init.c wants them.
 *
 * Declared here rather than through <jemalloc/jemalloc.h>, whose declarations
 * are of default visibility: hidden ones are called without a PLT slot.
 */
#ifndef LZ_BACKEND_H
#define LZ_BACKEND_H

#include "base/util.h"

#include <pthread.h>
#include <sys/types.h>
#include <time.h>

#pragma GCC visibility push(hidden)

/* jemalloc(3) */
void *je_malloc(size_t n);
void *je_calloc(size_t count, size_t n);
void *je_realloc(void *p, size_t n);
void je_free(void *p);
int je_posix_memalign(void **out, size_t align, size_t n);
void *je_aligned_alloc(size_t align, size_t n);
size_t je_malloc_usable_size(void *p);
void *je_mallocx(size_t n, int flags);
void *je_rallocx(void *p, size_t n, int flags);
size_t je_xallocx(void *p, size_t n, size_t extra, int flags);
size_t je_sallocx(const void *p, int flags);
void je_dallocx(void *p, int flags);
void je_sdallocx(void *p, size_t n, int flags);
size_t je_nallocx(size_t n, int flags);
int je_mallctl(const char *name, void *old, size_t *old_size, void *fresh,
               size_t fresh_size);
int je_mallctlnametomib(const char *name, size_t *mib, size_t *length);
int je_mallctlbymib(const size_t *mib, size_t length, void *old,
                    size_t *old_size, void *fresh, size_t fresh_size);
void je_malloc_stats_print(void (*write_cb)(void *, const char *), void *arg,
                           const char *options);

/* The flags of mallocx and its family: jemalloc(3), MALLOCX_*. */
#define LZ_MALLOCX_LG_ALIGN_MASK 0x3f
#define LZ_MALLOCX_ZERO 0x40
#define LZ_MALLOCX_TCACHE_SHIFT 8
#define LZ_MALLOCX_ARENA_SHIFT 20

/* The alignment that `flags` ask for, in bytes; 1 when they ask for none. */
static inline size_t
lz_backend_align(int flags)
{
    return (size_t)1 << (flags & LZ_MALLOCX_LG_ALIGN_MASK);
}

/*
 * je_free, unless the flags name a thread cache or forbid one: in the caller's
 * own a block would outlive a reset of its arena.
 */
static inline void
lz_backend_free(void *p, int flags)
{
    if (LZ_LIKELY(flags >> LZ_MALLOCX_TCACHE_SHIFT == 0))
        je_free(p);
    else
        je_dallocx(p, flags);
}

/* The flags for an alignment (a power of two) and for zeroed contents. */
static inline int
lz_backend_flags(size_t align, bool zero)
{
    return __builtin_ctzll(align) | (zero ? LZ_MALLOCX_ZERO : 0);
}

/*
 * May `p` be jemalloc's? Exact to 2 MiB. Always true from the moment when the
 * program may have given jemalloc memory of its own by extent hooks.
 */
bool lz_backend_owns(const void *p);

/*
 * Is all of jemalloc's memory plain private anonymous memory? Not from the
 * moment when the program may have given it other.
 */
bool lz_backend_may_zero(void);

/* Does every block of the backend pass through our malloc and our free? */
bool lz_backend_is_ours_alone(void);

/*
 * Bytes that the backend and the CPUs' caches keep unused and may be resident;
 * 0 where so little address space is left that asking is not safe.
 */
size_t lz_backend_unused(void);

/*
 * Gives back what the backend keeps unused. True if some of it may have been
 * given back.
 */
bool lz_backend_trim(void);

/*
 * To be called for each large block of fresh memory, with its n bytes. After
 * enough of them the heap gives back what it keeps unused, as the pool does
 * when the heap grows.
 */
void lz_backend_make_room(size_t n);

/* mallctl and its two relatives, watching for extent hooks on the way. */
int lz_backend_mallctl(const char *name, void *old, size_t *old_size,
                       void *fresh, size_t fresh_size);
int lz_backend_mallctlnametomib(const char *name, size_t *mib, size_t *length);

/*
 * What jemalloc calls in place of mmap(2), munmap(2), madvise(2), sbrk(2),
 * clock_gettime(2).
 */
void *lz_backend_mmap(void *hint, size_t length, int prot, int flags, int fd,
                      off_t offset);
int lz_backend_munmap(void *start, size_t length);
int lz_backend_madvise(void *start, size_t length, int advice);
void *lz_backend_sbrk(intptr_t increment);
int lz_backend_clock_gettime(clockid_t clock, struct timespec *now);
int lz_backend_cond_init(pthread_cond_t *condition,
                         const pthread_condattr_t *none);

/* jemalloc has started: from now on it may ask libc for the time. */
void lz_backend_set_ready(void);

/* In place of libm's (backend_math.c). */
double lz_backend_log(double x);
double lz_backend_exp(double x);
double lz_backend_round(double x);

/* In place of memset(3): the library's own would look for a region first. */
void *lz_backend_memset(void *p, int c, size_t n);

/*
 * jemalloc's own fork handlers, taken from its call of pthread_atfork; the
 * three below run them. See init.c.
 */
void lz_backend_set_fork_handlers(void (*prepare)(void), void (*parent)(void),
                                  void (*child)(void));
void lz_backend_fork_prepare(void);
void lz_backend_fork_parent(void);
void lz_backend_fork_child(void);

/*
 * The locks of jemalloc's that its fork handlers forget (backend_mutex.c): a
 * range that is unmapped has none of them any more; and a fork child makes them
 * anew.
 */
void lz_backend_mutex_unmap(const void *start, size_t length);
void lz_backend_mutex_fork_child(void);

#pragma GCC visibility pop

#endif
