/* SPDX-License-Identifier: MIT */
/*
 * Every way to get a block, to resize one and to give one back, as tables: so
 * that a test can say "each" and "any with any".
 *
 * What no system header declares is declared here, weak: not every libc has
 * these names, and without the library the program must still start, so that
 * .init can tell that it is missing. The tables have what this libc has
 * (src/interpose/exports.list: glibc).
 */
#ifndef TEST_PRELOAD_NAMES_H
#define TEST_PRELOAD_NAMES_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#define WEAK __attribute__((weak))

extern void *memalign(size_t align, size_t n) WEAK;
extern void *valloc(size_t n) WEAK;
extern void *pvalloc(size_t n) WEAK;
extern void *reallocarray(void *p, size_t count, size_t size) WEAK;
extern size_t malloc_usable_size(void *p) WEAK;
extern int malloc_trim(size_t keep) WEAK;
extern void cfree(void *p) WEAK;
extern void free_sized(void *p, size_t n) WEAK;
extern void free_aligned_sized(void *p, size_t align, size_t n) WEAK;

extern void *__libc_malloc(size_t n) WEAK;
extern void *__libc_calloc(size_t count, size_t n) WEAK;
extern void *__libc_realloc(void *p, size_t n) WEAK;
extern void __libc_free(void *p) WEAK;
extern void *__libc_memalign(size_t align, size_t n) WEAK;
extern void *__libc_valloc(size_t n) WEAK;
extern void *__libc_pvalloc(size_t n) WEAK;
extern int __posix_memalign(void **out, size_t align, size_t n) WEAK;

extern void *mallocx(size_t n, int flags) WEAK;
extern void *rallocx(void *p, size_t n, int flags) WEAK;
extern size_t xallocx(void *p, size_t n, size_t extra, int flags) WEAK;
extern size_t sallocx(const void *p, int flags) WEAK;
extern void dallocx(void *p, int flags) WEAK;
extern void sdallocx(void *p, size_t n, int flags) WEAK;
extern size_t nallocx(size_t n, int flags) WEAK;
extern int mallctl(const char *name, void *old, size_t *old_size, void *fresh,
                   size_t fresh_size) WEAK;
extern int mallctlnametomib(const char *name, size_t *mib, size_t *length) WEAK;
extern int mallctlbymib(const size_t *mib, size_t length, void *old,
                        size_t *old_size, void *fresh, size_t fresh_size) WEAK;
extern void malloc_stats_print(void (*write_cb)(void *, const char *),
                               void *arg, const char *options) WEAK;

/* jemalloc(3) */
#define MALLOCX_ALIGN(a) __builtin_ctzl(a)
#define MALLOCX_ZERO 0x40
#define MALLOCX_TCACHE_NONE (1 << 8)
#define MALLOCX_ARENA(a) (((a) + 1) << 20)

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* What the makers below ask for, where they ask for an alignment. */
#define ASKED_ALIGN ((size_t)256)

/* What a call that fails for want of memory does to errno. */
enum on_failure {
    SETS_ENOMEM,
    KEEPS_ERRNO,
    EITHER /* jemalloc(3) says nothing about errno */
};

struct maker {
    const char *name;
    void *(*make)(size_t n);
    size_t (*align)(size_t n); /* what the block must be a multiple of */
    bool zero;                 /* the whole usable size */
    bool takes_zero;           /* n of 0 is defined, and gives a block */
    enum on_failure on_failure;
};

static inline bool
is_right_errno(enum on_failure on_failure, int before)
{
    return on_failure == EITHER ||
           errno == (on_failure == SETS_ENOMEM ? ENOMEM : before);
}

/* Alignment of the largest type that fits (C11 7.22.3, as jemalloc reads it) */
static inline size_t
natural_align(size_t n)
{
    return n < 16 ? 8 : 16;
}

static inline size_t
asked_align(size_t n)
{
    (void)n;
    return ASKED_ALIGN;
}

static inline size_t
page_align(size_t n)
{
    (void)n;
    return (size_t)sysconf(_SC_PAGESIZE);
}

static inline void *
make_calloc(size_t n)
{
    return calloc(1, n);
}

static inline void *
make_libc_calloc(size_t n)
{
    return __libc_calloc(n, 1);
}

static inline void *
make_realloc(size_t n)
{
    return realloc(NULL, n);
}

static inline void *
make_libc_realloc(size_t n)
{
    return __libc_realloc(NULL, n);
}

static inline void *
make_reallocarray(size_t n)
{
    return reallocarray(NULL, 1, n);
}

static inline void *
make_posix_memalign(size_t n)
{
    void *p = NULL;

    return posix_memalign(&p, ASKED_ALIGN, n) == 0 ? p : NULL;
}

static inline void *
make_posix_memalign_2(size_t n)
{
    void *p = NULL;

    return __posix_memalign(&p, ASKED_ALIGN, n) == 0 ? p : NULL;
}

static inline void *
make_aligned_alloc(size_t n)
{
    return aligned_alloc(ASKED_ALIGN, n);
}

static inline void *
make_memalign(size_t n)
{
    return memalign(ASKED_ALIGN, n);
}

static inline void *
make_libc_memalign(size_t n)
{
    return __libc_memalign(ASKED_ALIGN, n);
}

static inline void *
make_mallocx(size_t n)
{
    return mallocx(n, 0);
}

static inline void *
make_mallocx_aligned(size_t n)
{
    return mallocx(n, MALLOCX_ALIGN(ASKED_ALIGN));
}

static inline void *
make_mallocx_zero(size_t n)
{
    return mallocx(n, MALLOCX_ZERO | MALLOCX_ALIGN(ASKED_ALIGN));
}

static inline void *
make_grown(size_t n)
{
    void *p = malloc(1), *q = realloc(p, n);

    if (q == NULL)
        free(p);
    return q;
}

static inline void *
make_rallocx(size_t n)
{
    void *p = mallocx(1, 0), *q = rallocx(p, n, 0);

    if (q == NULL)
        dallocx(p, 0);
    return q;
}

static const struct maker makers[] = {
    {"malloc", malloc, natural_align, false, true, SETS_ENOMEM},
    {"calloc", make_calloc, natural_align, true, true, SETS_ENOMEM},
    {"realloc", make_realloc, natural_align, false, true, SETS_ENOMEM},
    {"realloc of a block", make_grown, natural_align, false, false,
     SETS_ENOMEM},
    {"reallocarray", make_reallocarray, natural_align, false, true,
     SETS_ENOMEM},
    {"posix_memalign", make_posix_memalign, asked_align, false, true,
     SETS_ENOMEM},
    {"aligned_alloc", make_aligned_alloc, asked_align, false, true,
     SETS_ENOMEM},
    {"memalign", make_memalign, asked_align, false, true, SETS_ENOMEM},
    {"valloc", valloc, page_align, false, true, SETS_ENOMEM},
#if TEST_HAS_GLIBC
    {"pvalloc", pvalloc, page_align, false, true, SETS_ENOMEM},
    {"__libc_malloc", __libc_malloc, natural_align, false, true, SETS_ENOMEM},
    {"__libc_calloc", make_libc_calloc, natural_align, true, true, SETS_ENOMEM},
    {"__libc_realloc", make_libc_realloc, natural_align, false, true,
     SETS_ENOMEM},
    {"__libc_memalign", make_libc_memalign, asked_align, false, true,
     SETS_ENOMEM},
    {"__libc_valloc", __libc_valloc, page_align, false, true, SETS_ENOMEM},
    {"__libc_pvalloc", __libc_pvalloc, page_align, false, true, SETS_ENOMEM},
    {"__posix_memalign", make_posix_memalign_2, asked_align, false, true,
     SETS_ENOMEM},
#endif
    {"mallocx", make_mallocx, natural_align, false, false, EITHER},
    {"mallocx aligned", make_mallocx_aligned, asked_align, false, false,
     EITHER},
    {"mallocx zero", make_mallocx_zero, asked_align, true, false, EITHER},
    {"rallocx", make_rallocx, natural_align, false, false, EITHER},
};

struct resizer {
    const char *name;
    void *(*resize)(void *p, size_t n);
    bool takes_null;
    enum on_failure on_failure;
};

static inline void *
resize_reallocarray(void *p, size_t n)
{
    return reallocarray(p, 1, n);
}

static inline void *
resize_rallocx(void *p, size_t n)
{
    return rallocx(p, n, 0);
}

static inline void *
resize_rallocx_zero(void *p, size_t n)
{
    return rallocx(p, n, MALLOCX_ZERO);
}

static const struct resizer resizers[] = {
    {"realloc", realloc, true, SETS_ENOMEM},
    {"rallocx zero", resize_rallocx_zero, false, EITHER},
    {"reallocarray", resize_reallocarray, true, SETS_ENOMEM},
#if TEST_HAS_GLIBC
    {"__libc_realloc", __libc_realloc, true, SETS_ENOMEM},
#endif
    {"rallocx", resize_rallocx, false, EITHER},
};

struct freer {
    const char *name;
    /* align and n: what the block was asked for with */
    void (*release)(void *p, size_t align, size_t n);
    bool natural_only; /* C23 7.24.3.4: not for aligned blocks */
    bool takes_null;
};

static inline void
release_free(void *p, size_t align, size_t n)
{
    (void)align;
    (void)n;
    free(p);
}

static inline void
release_libc_free(void *p, size_t align, size_t n)
{
    (void)align;
    (void)n;
    __libc_free(p);
}

static inline void
release_cfree(void *p, size_t align, size_t n)
{
    (void)align;
    (void)n;
    cfree(p);
}

static inline void
release_free_sized(void *p, size_t align, size_t n)
{
    (void)align;
    free_sized(p, n);
}

static inline void
release_free_aligned_sized(void *p, size_t align, size_t n)
{
    free_aligned_sized(p, align, n);
}

static inline void
release_realloc(void *p, size_t align, size_t n)
{
    (void)align;
    (void)n;
    if (realloc(p, 0) != NULL)
        abort();
}

static inline void
release_dallocx(void *p, size_t align, size_t n)
{
    (void)align;
    (void)n;
    dallocx(p, 0);
}

static inline void
release_sdallocx(void *p, size_t align, size_t n)
{
    sdallocx(p, n, MALLOCX_ALIGN(align));
}

static const struct freer freers[] = {
    {"free", release_free, false, true},
#if TEST_HAS_GLIBC
    {"__libc_free", release_libc_free, false, true},
    {"cfree", release_cfree, false, true},
#endif
    {"free_sized", release_free_sized, true, true},
    {"free_aligned_sized", release_free_aligned_sized, false, true},
    {"realloc to 0", release_realloc, false, false},
    {"dallocx", release_dallocx, false, false},
    {"sdallocx", release_sdallocx, false, false},
};

#endif
