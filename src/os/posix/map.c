/* SPDX-License-Identifier: MIT */
/* Mappings by mmap(2) alone: POSIX, and Linux, which does no better. */
#include "os/os.h"

#include <sys/mman.h>

#include "os/next.h"

#ifndef MAP_ANONYMOUS
#define MAP_ANONYMOUS MAP_ANON
#endif
#ifndef MAP_NORESERVE
#define MAP_NORESERVE 0
#endif

static void *
map_anywhere(size_t length)
{
    int saved = errno;
    void *p = mmap(NULL, length, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    errno = saved;
    return p == MAP_FAILED ? NULL : p;
}

/* If this fails, address space stays unused, which costs nothing else. */
static void
cut(void *start, size_t length)
{
    int saved = errno;

    lz_os_next_munmap(start, length);
    errno = saved;
}

/* Maps too much and cuts off both ends: one call more than a lucky mapping. */
static void *
map_and_trim(size_t length, size_t align)
{
    size_t excess = align;
    char *p, *aligned;

    if (excess > LZ_SIZE_LIMIT || length > LZ_SIZE_LIMIT - excess)
        return NULL;
    p = map_anywhere(length + excess);
    if (p == NULL)
        return NULL;
    aligned = (char *)lz_round_up((uintptr_t)p, align);
    if (aligned != p)
        cut(p, (size_t)(aligned - p));
    cut(aligned + length, (size_t)(p + excess - aligned));
    return aligned;
}

void *
lz_os_map(size_t length, size_t align)
{
    void *p = map_anywhere(length);

    /* Linux 6.7+ aligns multiples of 2 MiB by itself: then this is all. */
    if (p == NULL || ((uintptr_t)p & (align - 1)) == 0)
        return p;
    cut(p, length);
    return map_and_trim(length, align);
}

int
lz_os_map_over(void *start, size_t length)
{
    int saved = errno, error = 0;

    if (mmap(start, length, PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1,
             0) == MAP_FAILED)
        error = errno;
    errno = saved;
    return error;
}

int
lz_os_zero(void *start, size_t length)
{
    (void)start;
    (void)length;
    return ENOSYS;
}
