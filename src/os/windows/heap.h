/* SPDX-License-Identifier: MIT */
/*
 * The process heap, for heap/backend_system.c: what os/darwin/heap.h says of
 * libmalloc.
 *
 * Each block has a header in front of it, which says where the block of the
 * process heap begins that it lies in: HeapAlloc knows no alignment but 16.
 */
#ifndef LZ_OS_HEAP_H
#define LZ_OS_HEAP_H

#include "base/util.h"

/*
 * As malloc(3), calloc(3), realloc(3) and free(3): NULL and ENOMEM where the
 * heap refuses. `align` is a power of two. The size of a block is what the
 * program may use; the good size of n is what a block of n bytes would have.
 */
void *lz_os_block_malloc(size_t n);
void *lz_os_block_calloc(size_t count, size_t n);
void *lz_os_block_realloc(void *p, size_t n);
void *lz_os_block_aligned(size_t n, size_t align);
void lz_os_block_free(void *p);
size_t lz_os_block_size(const void *p);
size_t lz_os_block_good_size(size_t n);

/* Gives back what is kept unused. True: some of it may have been given back. */
bool lz_os_block_relieve(void);

#endif
