/* SPDX-License-Identifier: MIT */
/*
 * Storage for the library's own records: straight from the system, never from
 * malloc, never inside a block.
 *
 * Records are of one size and their memory is never given back. A stale pointer
 * to one can therefore be read safely, although another region may have the
 * record by then.
 */
#ifndef LZ_META_H
#define LZ_META_H

#include "base/util.h"

#define LZ_META_RECORD_SIZE ((size_t)256)

/*
 * A record, aligned to its size. It is zero if it was never used before.
 * Otherwise it is as lz_meta_release left it, except for its first pointer.
 * NULL if memory is lacking.
 */
void *lz_meta_acquire(void);

/* Waits for no lock. */
void lz_meta_release(void *record);

/* See init.c. */
void lz_meta_fork_prepare(void);
bool lz_meta_fork_try(void); /* the same without a wait */
void lz_meta_fork_parent(void);
void lz_meta_fork_child(void);

#endif
