/* SPDX-License-Identifier: MIT */
/* libmalloc, for heap/backend_system.c. */
#ifndef LZ_OS_HEAP_H
#define LZ_OS_HEAP_H

#include <malloc/malloc.h>
#include <stdbool.h>
#include <stdlib.h>

/* As malloc(3), which keeps nothing of our own in a block. */
#define lz_os_block_malloc malloc
#define lz_os_block_calloc calloc
#define lz_os_block_realloc realloc
#define lz_os_block_free free
#define lz_os_block_size malloc_size
#define lz_os_block_good_size malloc_good_size

/* `align` is a power of two, larger than what malloc guarantees. */
static inline void *
lz_os_block_aligned(size_t n, size_t align)
{
    void *p;

    return posix_memalign(&p, align, n) == 0 ? p : NULL;
}

/* Gives back what is kept unused. True: some of it may have been given back. */
static inline bool
lz_os_block_relieve(void)
{
    return malloc_zone_pressure_relief(NULL, 0) != 0;
}

#endif
