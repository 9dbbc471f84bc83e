/* SPDX-License-Identifier: MIT */
/*
 * "Make this range zero, cheaply": the zeroing engine.
 *
 * In private anonymous memory a page that is neither present nor swapped out,
 * or is the shared zero page, reads as zeros. So the page table is asked which
 * pages are populated, those are written, and the rest is left alone.
 *
 * Nothing here fails, takes a lock, changes errno or is a cancellation point.
 * Usable in a signal handler (about 3 KiB of stack) and in any fork child.
 */
#ifndef LZ_ZERO_H
#define LZ_ZERO_H

#include "base/util.h"
#include "large/sparse.h"

/*
 * Makes every byte of [p, p + n) read as zero, and populates no page that was
 * not populated before (except in the last step of the ladder, memset). Returns
 * the number of bytes that were written. The range must be plain private
 * anonymous memory; any alignment.
 */
size_t lz_zero(void *p, size_t n);

/* The same, and the look (lz_sparse_begin) gets to see what was populated. */
size_t lz_zero_seen(void *p, size_t n, struct lz_sparse_look *look);

/*
 * The same for a block that the program holds. No page is discarded, because it
 * may be pinned (io_uring's registered buffers, RDMA, a GPU), and the device
 * would continue to use a page that is no longer the program's.
 */
size_t lz_zero_live(void *p, size_t n);

/*
 * How many bytes of [p, p + n) are populated: exact up to `most`, and more than
 * `most` where they are more or the system cannot tell. Same rules as lz_zero.
 */
size_t lz_zero_populated(void *p, size_t n, size_t most);

/*
 * [p, p + n) begins at a page boundary, and its end may be unpopulated. Returns
 * how many bytes, in whole pages, lie before that end. If the memory is
 * populated from its start up, this takes few questions. Otherwise, or where
 * the system cannot tell, it returns n.
 */
size_t lz_zero_touched_end(void *p, size_t n);

/* The same as lz_zero_populated, and the look gets to see them, unless NULL. */
size_t lz_zero_populated_seen(void *p, size_t n, size_t most,
                              struct lz_sparse_look *look);

/*
 * Are all pages of [p, p + n) that may hold something in memory? Pages that are
 * not were swapped out, or kill the process when they are touched. Also true
 * where the system cannot tell. Same rules as lz_zero.
 */
bool lz_zero_is_present(void *p, size_t n);

/* Which step of the ladder (an enum lz_oracle) answers now, in this process. */
int lz_zero_oracle(void);

/* libc's memset, or a loop before that is known. */
void *lz_zero_fill(void *p, int c, size_t n);

/*
 * Reads all of it, and so populates every page: for asserts (base/assert.h). Of
 * more than 4 GiB only the first and the last 2 are read, since a program may
 * ask for more than the machine could ever populate.
 */
bool lz_zero_is_zero(const void *p, size_t n);

/* Writes zeros to all of it. */
void lz_zero_write(void *p, size_t n);

/* libc's memset once it is known; NULL until then. */
typedef void *(*lz_zero_memset_t)(void *p, int c, size_t n);
extern LZ_HIDDEN lz_zero_memset_t lz_zero_memset; /* atomic */

static inline lz_zero_memset_t
lz_zero_libc_memset(void)
{
    return __atomic_load_n(&lz_zero_memset, __ATOMIC_RELAXED);
}

static inline void
lz_zero_set_libc_memset(lz_zero_memset_t libc_memset)
{
    __atomic_store_n(&lz_zero_memset, libc_memset, __ATOMIC_RELAXED);
}

#endif
