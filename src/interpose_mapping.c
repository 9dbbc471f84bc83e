/* SPDX-License-Identifier: MIT */
/*
 * What a program does to its memory by itself. These are libc's functions with
 * an ear: the library hears which of its blocks are not what it made them any
 * more, and need not ask the kernel at each reuse.
 *
 * The next library's function is called, which may have an ear too; before it
 * is found (an IFUNC resolver, an early constructor), the system. What goes
 * past libc, a system call by hand, is not heard: so calloc still asks the
 * kernel before it relies on a page table.
 */
#include <dlfcn.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "region.h"
#include "route.h"

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#define MADV_GUARD_REMOVE 103
#endif
#ifndef MCL_ONFAULT
#define MCL_ONFAULT 4
#endif
#define MADV_LATER_LEAST 20 /* MADV_COLD, Linux 5.4 */
#define MADV_LATER_MOST 25  /* MADV_COLLAPSE, Linux 6.1 */

/* musl's second name, which would be the first one here. */
#undef mmap64

/* Only 32-bit systems have it; its offset counts in these units. */
#ifdef SYS_mmap2
#define MAP_CALL SYS_mmap2
#define MAP_UNIT 4096
#else
#define MAP_CALL SYS_mmap
#define MAP_UNIT 1
#endif

static struct {
    void *(*mmap)(void *, size_t, int, int, int, off_t);
    void *(*mmap64)(void *, size_t, int, int, int, int64_t);
    void *(*mremap)(void *, size_t, size_t, int, ...);
    int (*munmap)(void *, size_t);
    int (*mprotect)(void *, size_t, int);
    int (*pkey_mprotect)(void *, size_t, int, int);
    int (*madvise)(void *, size_t, int);
    int (*posix_madvise)(void *, size_t, int);
    int (*mlock)(const void *, size_t);
    int (*mlock2)(const void *, size_t, unsigned);
    int (*mlockall)(int);
    void *(*shmat)(int, const void *, int);
} next;

#define FIND(name) \
    next.name = (__typeof__(next.name))(uintptr_t)dlsym(RTLD_NEXT, #name)

__attribute__((constructor)) static void
find_next(void)
{
    FIND(mmap);
    FIND(mmap64);
    FIND(mremap);
    FIND(munmap);
    FIND(mprotect);
    FIND(pkey_mprotect);
    FIND(madvise);
    FIND(posix_madvise);
    FIND(mlock);
    FIND(mlock2);
    FIND(mlockall);
    FIND(shmat);
    lz_region_change_hear();
}

static inline void
hear_map(void *p, size_t n, int flags)
{
    if (LZ_UNLIKELY((flags & MAP_FIXED) != 0))
        lz_region_change(p, n, LZ_REGION_REMAPPED);
}

/* What is kept warm must not be what the program lacks. Keeps errno. */
static LZ_COLD bool
make_room(void)
{
    bool made;

    if (errno != ENOMEM)
        return false;
    made = lz_region_release_all() != 0;
    errno = ENOMEM;
    return made;
}

static void *
next_mmap64(void *p, size_t n, int prot, int flags, int fd, int64_t offset)
{
    if (LZ_LIKELY(next.mmap64 != NULL))
        return next.mmap64(p, n, prot, flags, fd, offset);
    return (void *)syscall(MAP_CALL, p, n, prot, flags, fd,
                           (long)(offset / MAP_UNIT));
}

LZ_EXPORT void *
mmap64(void *p, size_t n, int prot, int flags, int fd, int64_t offset)
{
    void *map;

    hear_map(p, n, flags);
    map = next_mmap64(p, n, prot, flags, fd, offset);
    if (LZ_UNLIKELY(map == MAP_FAILED) && make_room())
        map = next_mmap64(p, n, prot, flags, fd, offset);
    return map;
}

static void *
next_mmap(void *p, size_t n, int prot, int flags, int fd, off_t offset)
{
    if (LZ_LIKELY(next.mmap != NULL))
        return next.mmap(p, n, prot, flags, fd, offset);
    return (void *)syscall(MAP_CALL, p, n, prot, flags, fd,
                           (long)(offset / MAP_UNIT));
}

LZ_EXPORT void *
mmap(void *p, size_t n, int prot, int flags, int fd, off_t offset)
{
    void *map;

    hear_map(p, n, flags);
    map = next_mmap(p, n, prot, flags, fd, offset);
    if (LZ_UNLIKELY(map == MAP_FAILED) && make_room())
        map = next_mmap(p, n, prot, flags, fd, offset);
    return map;
}

LZ_EXPORT int
munmap(void *p, size_t n)
{
    lz_region_change(p, n, LZ_REGION_REMAPPED);
    if (LZ_LIKELY(next.munmap != NULL))
        return next.munmap(p, n);
    return (int)syscall(SYS_munmap, p, n);
}

LZ_EXPORT void *
mremap(void *p, size_t n, size_t to_n, int flags, ...)
{
    void *to = NULL;
    va_list arguments;

    if ((flags & MREMAP_FIXED) != 0) {
        va_start(arguments, flags);
        to = va_arg(arguments, void *);
        va_end(arguments);
        lz_region_change(to, to_n, LZ_REGION_REMAPPED);
    }
    lz_region_change(p, n, LZ_REGION_REMAPPED);
    if (LZ_LIKELY(next.mremap != NULL))
        return next.mremap(p, n, to_n, flags, to);
    return (void *)syscall(SYS_mremap, p, n, to_n, flags, to);
}

LZ_EXPORT int
mprotect(void *p, size_t n, int prot)
{
    lz_region_change(p, n, LZ_REGION_TREATED);
    if (LZ_LIKELY(next.mprotect != NULL))
        return next.mprotect(p, n, prot);
    return (int)syscall(SYS_mprotect, p, n, prot);
}

LZ_EXPORT int
mlock(const void *p, size_t n)
{
    lz_region_change(p, n, LZ_REGION_TREATED);
    if (LZ_LIKELY(next.mlock != NULL))
        return next.mlock(p, n);
    return (int)syscall(SYS_mlock, p, n);
}

/* About the contents alone, or back to what the library gives out. */
static bool
is_harmless(int advice)
{
    return advice == MADV_NORMAL || advice == MADV_WILLNEED ||
           advice == MADV_DONTNEED || advice == MADV_FREE ||
           advice == MADV_GUARD_REMOVE ||
           (advice >= MADV_LATER_LEAST && advice <= MADV_LATER_MOST);
}

static enum lz_region_change
change_by_advice(int advice)
{
    return advice == MADV_GUARD_INSTALL ? LZ_REGION_REMAPPED
                                        : LZ_REGION_TREATED;
}

LZ_EXPORT int
madvise(void *p, size_t n, int advice)
{
    if (!is_harmless(advice))
        lz_region_change(p, n, change_by_advice(advice));
    if (LZ_LIKELY(next.madvise != NULL))
        return next.madvise(p, n, advice);
    return (int)syscall(SYS_madvise, p, n, advice);
}

LZ_EXPORT int
posix_madvise(void *p, size_t n, int advice)
{
    lz_region_change(p, n, LZ_REGION_TREATED);
    /* Not doing what was advised is allowed. */
    return next.posix_madvise == NULL ? 0 : next.posix_madvise(p, n, advice);
}

#ifdef SYS_pkey_mprotect
LZ_EXPORT int
pkey_mprotect(void *p, size_t n, int prot, int key)
{
    lz_region_change(p, n, LZ_REGION_REMAPPED);
    if (LZ_LIKELY(next.pkey_mprotect != NULL))
        return next.pkey_mprotect(p, n, prot, key);
    return (int)syscall(SYS_pkey_mprotect, p, n, prot, key);
}
#endif

#ifdef SYS_mlock2
LZ_EXPORT int
mlock2(const void *p, size_t n, unsigned flags)
{
    lz_region_change(p, n, LZ_REGION_TREATED);
    if (LZ_LIKELY(next.mlock2 != NULL))
        return next.mlock2(p, n, flags);
    return (int)syscall(SYS_mlock2, p, n, flags);
}
#endif

/* A program that locks all memory to come means its memset to commit it. */
LZ_EXPORT int
mlockall(int flags)
{
    int result = LZ_LIKELY(next.mlockall != NULL)
                     ? next.mlockall(flags)
                     : (int)syscall(SYS_mlockall, flags);

    if (result == 0 && (flags & (MCL_FUTURE | MCL_ONFAULT)) != 0)
        lz_route_commit_memset();
    return result;
}

/* Over what is there: mapped again, whatever is detached later. */
LZ_EXPORT void *
shmat(int id, const void *p, int flags)
{
    struct shmid_ds segment;

    if ((flags & SHM_REMAP) != 0 && shmctl(id, IPC_STAT, &segment) == 0)
        lz_region_change(p, segment.shm_segsz, LZ_REGION_REMAPPED);
    if (LZ_LIKELY(next.shmat != NULL))
        return next.shmat(id, p, flags);
    return (void *)syscall(SYS_shmat, id, p, flags);
}
