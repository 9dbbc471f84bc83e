/* SPDX-License-Identifier: MIT */
/* As mapping.c, for the advice and the locks that a program gives. */
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "front/route.h"
#include "interpose/elf/bound.h"
#include "interpose/elf/wait.h"
#include "large/region.h"

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#define MADV_GUARD_REMOVE 103
#endif
#ifndef MCL_ONFAULT
#define MCL_ONFAULT 4
#endif
#define MADV_LATER_LEAST 20 /* MADV_COLD, Linux 5.4 */
#define MADV_LATER_MOST 25  /* MADV_COLLAPSE, Linux 6.1 */

static struct {
    int (*madvise)(void *, size_t, int);
    int (*posix_madvise)(void *, size_t, int);
    ssize_t (*process_madvise)(int, const struct iovec *, size_t, int,
                               unsigned);
    int (*mlock)(const void *, size_t);
    int (*mlock2)(const void *, size_t, unsigned);
    int (*munlock)(const void *, size_t);
    int (*mlockall)(int);
} next;

LZ_EXPORT int
mlock(const void *p, size_t n)
{
    lz_region_change(p, n, LZ_REGION_ALTERED);
    if (LZ_LIKELY(next.mlock != NULL))
        return next.mlock(p, n);
    return (int)syscall(SYS_mlock, p, n);
}

LZ_EXPORT int
munlock(const void *p, size_t n)
{
    lz_region_change(p, n, LZ_REGION_ALTERED);
    if (LZ_LIKELY(next.munlock != NULL))
        return next.munlock(p, n);
    return (int)syscall(SYS_munlock, p, n);
}

#ifdef SYS_mlock2
LZ_EXPORT int
mlock2(const void *p, size_t n, unsigned flags)
{
    lz_region_change(p, n, LZ_REGION_ALTERED);
    if (LZ_LIKELY(next.mlock2 != NULL))
        return next.mlock2(p, n, flags);
    return (int)syscall(SYS_mlock2, p, n, flags);
}
#endif

/* A program that locks all memory to come wants its memset to commit memory. */
LZ_EXPORT int
mlockall(int flags)
{
    int result = LZ_LIKELY(next.mlockall != NULL)
                     ? next.mlockall(flags)
                     : (int)syscall(SYS_mlockall, flags);

    if (result == 0)
        lz_region_all_locked();
    if (result == 0 && (flags & (MCL_FUTURE | MCL_ONFAULT)) != 0)
        lz_route_commit_memset();
    return result;
}

/* About the contents alone. */
static bool
is_harmless(int advice)
{
    return advice == MADV_WILLNEED || advice == MADV_DONTNEED ||
           advice == MADV_FREE || advice == MADV_GUARD_REMOVE ||
           (advice >= MADV_LATER_LEAST && advice <= MADV_LATER_MOST);
}

/* Advice about how the system treats a mapping, whatever it holds. */
static bool
is_widened(int advice, enum lz_region_advice *meant)
{
    static const struct {
        int advice;
        enum lz_region_advice meant;
    } known[] = {
        {MADV_HUGEPAGE, LZ_REGION_HUGEPAGE},
        {MADV_NOHUGEPAGE, LZ_REGION_NOHUGEPAGE},
        {MADV_SEQUENTIAL, LZ_REGION_ACCESS},
        {MADV_RANDOM, LZ_REGION_ACCESS},
        {MADV_NORMAL, LZ_REGION_NO_ACCESS},
        {MADV_DONTDUMP, LZ_REGION_DONTDUMP},
        {MADV_DODUMP, LZ_REGION_DODUMP},
        {MADV_MERGEABLE, LZ_REGION_MERGE},
        {MADV_UNMERGEABLE, LZ_REGION_NO_MERGE},
    };

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (known[i].advice == advice) {
            *meant = known[i].meant;
            return true;
        }
    }
    return false;
}

static void
observe_advice(void **p, size_t *n, int advice)
{
    enum lz_region_advice meant;

    if (is_harmless(advice))
        return;
    if (is_widened(advice, &meant))
        lz_region_advise(p, n, meant);
    else
        lz_region_change(*p, *n,
                         advice == MADV_GUARD_INSTALL ? LZ_REGION_REMAPPED
                                                      : LZ_REGION_ALTERED);
}

LZ_EXPORT int
madvise(void *p, size_t n, int advice)
{
    observe_advice(&p, &n, advice);
    if (LZ_LIKELY(next.madvise != NULL))
        return next.madvise(p, n, advice);
    return (int)syscall(SYS_madvise, p, n, advice);
}

/* On Linux its values are those of madvise; DONTNEED does nothing. */
LZ_EXPORT int
posix_madvise(void *p, size_t n, int advice)
{
    observe_advice(&p, &n, advice);
    /* Not doing what was advised is allowed. */
    return next.posix_madvise == NULL ? 0 : next.posix_madvise(p, n, advice);
}

#ifdef SYS_process_madvise
/*
 * The process may be another one. This is not checked, since a mark too many
 * costs little. What cannot be read is for the kernel to refuse.
 */
static void
observe_ranges(const struct iovec *ranges, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!lz_interpose_wait_is_readable(&ranges[i], sizeof(ranges[i])))
            return;
        lz_region_change(ranges[i].iov_base, ranges[i].iov_len,
                         LZ_REGION_REMAPPED);
    }
}

LZ_EXPORT ssize_t
process_madvise(int process, const struct iovec *ranges, size_t count,
                int advice, unsigned flags)
{
    if (!is_harmless(advice))
        observe_ranges(ranges, count);
    if (LZ_LIKELY(next.process_madvise != NULL))
        return next.process_madvise(process, ranges, count, advice, flags);
    return syscall(SYS_process_madvise, process, ranges, count, advice, flags);
}
#endif

LZ_OWN(madvise);
LZ_OWN(posix_madvise);
LZ_OWN(mlock);

static const volatile struct lz_bound table[] = {
    LZ_BOUND(madvise),
    LZ_BOUND(posix_madvise),
    LZ_BOUND(mlock),
};

__attribute__((constructor)) static void
find_next(void)
{
    LZ_FIND_NEXT(madvise);
    LZ_FIND_NEXT(posix_madvise);
    LZ_FIND_NEXT(process_madvise);
    LZ_FIND_NEXT(mlock);
    LZ_FIND_NEXT(mlock2);
    LZ_FIND_NEXT(munlock);
    LZ_FIND_NEXT(mlockall);
    if (!lz_all_bound(table, sizeof(table) / sizeof(table[0])))
        lz_region_change_unobserved();
}
