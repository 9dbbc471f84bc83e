/* SPDX-License-Identifier: MIT */
/*
 * mmap, mprotect and related calls are interposed only to observe them. The
 * library learns which of its blocks the program has changed, and need not ask
 * the kernel at each free. (Advice and locks are in advice.c.)
 *
 * Each function calls the next library's one, which may be an interposer, too.
 * Before that one is found (in an IFUNC resolver or an early constructor), it
 * makes the system call. A raw system call of the program bypasses these
 * functions, so calloc still asks the kernel before it relies on a page table.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "interpose/elf/bound.h"
#include "large/region.h"
#include "os/next.h"

/* musl makes this name a macro for mmap, which would then be defined twice. */
#undef mmap64

/* Only 32-bit systems have it; its offset counts in these units. */
#ifdef SYS_mmap2
#define MAP_CALL SYS_mmap2
#define MAP_UNIT 4096
#else
#define MAP_CALL SYS_mmap
#define MAP_UNIT 1
#endif
#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4
#endif

static struct {
    void *(*mmap)(void *, size_t, int, int, int, off_t);
    void *(*mmap64)(void *, size_t, int, int, int, int64_t);
    void *(*mremap)(void *, size_t, size_t, int, ...);
    int (*madvise)(void *, size_t, int); /* for os/ alone: see advice.c */
    int (*munmap)(void *, size_t);
    int (*mprotect)(void *, size_t, int);
    int (*pkey_mprotect)(void *, size_t, int, int);
    int (*remap_file_pages)(void *, size_t, int, size_t, int);
    void *(*shmat)(int, const void *, int);
} next;

static inline void
observe_map(void *p, size_t n, int flags)
{
    if (LZ_UNLIKELY((flags & MAP_FIXED) != 0))
        lz_region_change(p, n, LZ_REGION_REMAPPED);
}

/*
 * Releases pooled regions before a mapping of the program fails. Keeps errno.
 */
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

    observe_map(p, n, flags);
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

    observe_map(p, n, flags);
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

    if ((flags & (MREMAP_FIXED | MREMAP_DONTUNMAP)) != 0) {
        va_start(arguments, flags);
        to = va_arg(arguments, void *);
        va_end(arguments);
    }
    if ((flags & MREMAP_FIXED) != 0)
        lz_region_change(to, to_n, LZ_REGION_REMAPPED);
    lz_region_change(p, n, LZ_REGION_REMAPPED);
    if (LZ_LIKELY(next.mremap != NULL))
        return next.mremap(p, n, to_n, flags, to);
    return (void *)syscall(SYS_mremap, p, n, to_n, flags, to);
}

/* What a call of the program reaches: another library's, or ours. */
static struct lz_os_next bound;

static bool is_patched; /* atomic */

static bool is_own_code(const void *p, size_t n);

/* The code that is written over ours listens to the library's calls, too. */
static LZ_COLD void
go_on_patched(void)
{
    __atomic_store_n(&is_patched, true, __ATOMIC_RELEASE);
    lz_region_change_unobserved();
    lz_os_set_next(&bound);
}

/*
 * Open MPI, UCX and others overwrite the function that they find, which is
 * ours, with a jump, and make the system call themselves. From then on we
 * observe nothing.
 */
static inline void
observe_access(const void *p, size_t n, int prot)
{
    if ((prot & PROT_WRITE) != 0 && LZ_UNLIKELY(is_own_code(p, n)))
        go_on_patched();
}

LZ_EXPORT int
mprotect(void *p, size_t n, int prot)
{
    observe_access(p, n, prot);
    lz_region_change(p, n, LZ_REGION_ALTERED);
    if (LZ_LIKELY(next.mprotect != NULL))
        return next.mprotect(p, n, prot);
    return (int)syscall(SYS_mprotect, p, n, prot);
}

#ifdef SYS_pkey_mprotect
LZ_EXPORT int
pkey_mprotect(void *p, size_t n, int prot, int key)
{
    observe_access(p, n, prot);
    lz_region_change(p, n, LZ_REGION_REMAPPED);
    if (LZ_LIKELY(next.pkey_mprotect != NULL))
        return next.pkey_mprotect(p, n, prot, key);
    return (int)syscall(SYS_pkey_mprotect, p, n, prot, key);
}
#endif

/*
 * It replaces what is mapped there, and this stays so even if the segment is
 * detached later.
 */
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

#ifdef SYS_remap_file_pages
/* Other pages of the file that the program mapped there. */
LZ_EXPORT int
remap_file_pages(void *p, size_t n, int prot, size_t page, int flags)
{
    lz_region_change(p, n, LZ_REGION_REMAPPED);
    if (LZ_LIKELY(next.remap_file_pages != NULL))
        return next.remap_file_pages(p, n, prot, page, flags);
    return (int)syscall(SYS_remap_file_pages, p, n, prot, page, flags);
}
#endif

LZ_OWN(mmap);
LZ_OWN(mmap64);
LZ_OWN(munmap);
LZ_OWN(mremap);
LZ_OWN(mprotect);
LZ_OWN(shmat);

static const volatile struct lz_bound table[] = {
    LZ_BOUND(mmap),   LZ_BOUND(mmap64),   LZ_BOUND(munmap),
    LZ_BOUND(mremap), LZ_BOUND(mprotect), LZ_BOUND(shmat),
};

#define COUNT (sizeof(table) / sizeof(table[0]))

static bool
is_own_code(const void *p, size_t n)
{
    for (size_t i = 0; i < COUNT; i++) {
        if ((uintptr_t)table[i].own - (uintptr_t)p < n)
            return true;
    }
    return false;
}

static const void *
object_of(uintptr_t function)
{
    Dl_info info;

    return dladdr((const void *)function, &info) != 0 ? info.dli_fbase : NULL;
}

static bool
is_libcs(uintptr_t function)
{
    return object_of(function) == object_of((uintptr_t)abort);
}

/*
 * What the library's own calls go to: what the program's go to, if that is
 * another library's function, and else the one behind ours.
 */
#define CHOOSE(name)                                                        \
    do {                                                                    \
        uintptr_t found = (uintptr_t)dlsym(RTLD_DEFAULT, #name);            \
                                                                            \
        bound.name = (__typeof__(bound.name))found;                         \
        chosen.name = object_of(found) == object_of((uintptr_t)is_own_code) \
                          ? next.name                                       \
                          : bound.name;                                     \
        chosen.is_foreign |= !is_libcs((uintptr_t)chosen.name);             \
    } while (0)

static void
find_own_calls(void)
{
    struct lz_os_next chosen = {.is_foreign = false};

    CHOOSE(munmap);
    CHOOSE(mremap);
    CHOOSE(madvise);
    bound.is_foreign = true;
    lz_os_set_next(__atomic_load_n(&is_patched, __ATOMIC_ACQUIRE) ? &bound
                                                                  : &chosen);
}

__attribute__((constructor)) static void
start_observing(void)
{
    LZ_FIND_NEXT(mmap);
    LZ_FIND_NEXT(mmap64);
    LZ_FIND_NEXT(mremap);
    LZ_FIND_NEXT(munmap);
    LZ_FIND_NEXT(mprotect);
    LZ_FIND_NEXT(pkey_mprotect);
    LZ_FIND_NEXT(remap_file_pages);
    LZ_FIND_NEXT(shmat);
    LZ_FIND_NEXT(madvise);
    find_own_calls();
    if (lz_all_bound(table, COUNT))
        lz_region_change_observed();
    else
        lz_region_change_unobserved();
}
