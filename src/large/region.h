/* SPDX-License-Identifier: MIT */
/*
 * One large block: an anonymous mapping of its own.
 *
 *   mapping   2 MiB aligned (or more), a size class long, mostly never touched
 *   |<------------------------- capacity ------------------------->|
 *   [ stagger ][ block: usable size = the request in pages ][ slack ]
 *   ^ map      ^ base, what the program holds
 *
 * Nothing is written inside the mapping: the record lives in meta, the way from
 * an address to it in the index. The stagger of 0 to 7 pages keeps the bases
 * of several arrays out of the same cache sets.
 *
 * Thread safety: any thread may allocate; a live region is resized or freed by
 * the one thread that owns the block, as with malloc. If two threads free the
 * same region at once, this is noticed.
 */
#ifndef LZ_REGION_H
#define LZ_REGION_H

#include "base/util.h"

struct lz_region;

/*
 * An address with any of these bits set is never a region's base. The mask is
 * the 2 MiB granule without the bits that the stagger may set.
 */
uintptr_t lz_region_tag_mask(void);

/*
 * A new region whose base is a multiple of `align` (a power of two), with a
 * usable size of at least `n` (at least 1) bytes: all zero if `zero`, else
 * unspecified. NULL when the system refuses or n exceeds LZ_SIZE_LIMIT.
 */
struct lz_region *lz_region_allocate(size_t n, size_t align, bool zero);

/* The block: what the program holds. */
void *lz_region_base(const struct lz_region *region);

/* The live region with base `p`, or NULL. `p` may be anything. */
struct lz_region *lz_region_find(const void *p);

/* Does it use the memory of a freed block? */
bool lz_region_is_reused(const struct lz_region *region);

/* How many of its bytes are populated. More than its usable size: unknown. */
size_t lz_region_resident(const struct lz_region *region);

/* Does p, which may be anything, lie in a live block of reserved huge pages? */
bool lz_region_is_reserved(const void *p);

/*
 * Does [p, p + n), which may be anything, lie within one live block of which
 * the system is sure that it is as it was handed out? No userfaultfd, no file.
 */
bool lz_region_is_within(const void *p, size_t n);

/*
 * Frees a block; its mapping goes to the pool, or is unmapped. False if another
 * thread freed it first.
 */
bool lz_region_free(struct lz_region *region);

/*
 * For the CPUs' caches (heap/cache.h), which hold freed blocks that are still
 * counted as live. The first: do the options allow it? The second: the block p,
 * whose usable size it returns, is freed, and the caller may keep it. 0: it is
 * not freed, since p is not its base, it has more pages than it needs, or
 * something was done to it. The third hands out such a block again, for n
 * bytes, zeroed or not. False: it could not, and the block was freed as the
 * fourth function does, which lz_region_free would have done. The fifth unmaps
 * it; it waits for no lock, and is usable in a signal handler.
 */
bool lz_region_cached_is_allowed(void);
size_t lz_region_cached_put(struct lz_region *region, const void *p);
bool lz_region_cached_take(struct lz_region *region, size_t n, bool zero);
void lz_region_cached_free(struct lz_region *region);
void lz_region_cached_release(struct lz_region *region);

/*
 * A fork child gets no page table of what is kept, and keeps nothing. The first
 * two are called while the pool's lock is held and meta's can be taken, the
 * third after their handlers. See init.c.
 */
void lz_region_fork_prepare(void);
void lz_region_fork_parent(void);
void lz_region_fork_child(void);

/*
 * Before a fork of a process with one thread: blocks in reserved huge pages of
 * which the child might lose some get ordinary memory. Takes no lock.
 */
void lz_region_hugetlb_fork(void);

/*
 * The first live region at *at (0 to begin with) or behind it, or NULL. Sets
 * *at to where to go on. While other threads allocate and free, it may miss
 * some regions, and the region that it found may be freed at any time.
 */
struct lz_region *lz_region_walk(uintptr_t *at);

/*
 * Unmaps what may not be kept any longer (retain.h) or is past its decay time;
 * the second form unmaps everything. Returns how many regions it unmapped.
 */
size_t lz_region_release(void);
size_t lz_region_release_all(void);

/*
 * The process has waited for `waited` milliseconds (0: it is about to wait), or
 * surely will, and goes on waiting. Unmaps what an idle process does not keep.
 * From the decay time on, this is everything. Returns after how many more
 * milliseconds to call again; 0: nothing is kept. Waits for no lock; usable in
 * a signal handler.
 */
unsigned lz_region_idle(unsigned waited);

/* If nothing is live or kept, closes the library's own files. */
void lz_region_rest(void);

/*
 * For the background thread. The first: is the pool empty? The second zeroes
 * one pooled region in each call, so that its next calloc has nothing to do;
 * false if none was left to zero.
 */
bool lz_region_pool_is_empty(void);
bool lz_region_prepare(void);

/*
 * A program's memset(p, 0, n). It is done by the zeroing engine, and the answer
 * is true, if p lies in the first page of a live region that was just handed
 * out, n covers at least half of it, and no such memset came before. Otherwise
 * nothing is done, the answer is false, and the caller writes by memset. The
 * answer is also false if all of the block is known to be populated, so that a
 * look would only cost time. `p` may be anything. Usable in a signal handler.
 */
bool lz_region_memset(void *p, size_t n);

/*
 * Zeroes [p, p + n) of a live region, by which it just grew. The block had
 * these bytes before, and the program may have left a file mapped there.
 */
void lz_region_zero_growth(struct lz_region *region, char *p, size_t n);

/*
 * The program is about to change the mapping of [p, p + n), which may be
 * anything: the blocks that lie there are made plain when they are freed, or
 * unmapped. Usable in a signal handler.
 */
enum lz_region_change {
    LZ_REGION_UNCHANGED,
    LZ_REGION_ALTERED,  /* advised, locked, protected: see lz_os_make_plain */
    LZ_REGION_REMAPPED, /* mapped over, moved, guarded: will be unmapped */
};
void lz_region_change(const void *p, size_t n, enum lz_region_change change);

/*
 * Advice that changes how the system treats a mapping, but not what it holds or
 * means. If it is given to a part, it splits the mapping in two, and no later
 * advice merges them again.
 */
enum lz_region_advice {
    LZ_REGION_HUGEPAGE,
    LZ_REGION_NOHUGEPAGE,
    LZ_REGION_ACCESS, /* an order in which it will be used */
    LZ_REGION_NO_ACCESS,
    LZ_REGION_DONTDUMP,
    LZ_REGION_DODUMP,
    LZ_REGION_MERGE, /* equal pages may become one */
    LZ_REGION_NO_MERGE,
};

/*
 * The program is about to give such advice to [*p, *p + *n), which may be
 * anything. If that is most of a live block, the range is widened to the
 * block's whole mapping, which then stays one mapping. Otherwise as
 * lz_region_change.
 */
void lz_region_advise(void **p, size_t *n, enum lz_region_advice advice);

/*
 * The first: from now on all changes are observed; until then the system is
 * asked. The second: changes are not all observed, and never will be.
 */
void lz_region_change_observed(void);
void lz_region_change_unobserved(void);

/*
 * The program has locked all of its memory: from now on a block of several
 * mappings is copied where it grows.
 */
void lz_region_all_locked(void);

/*
 * Bytes that the program may use: the request rounded up to pages. The second
 * form is what an allocation of n bytes would answer, n at most LZ_SIZE_LIMIT.
 */
size_t lz_region_usable(const struct lz_region *region);
size_t lz_region_usable_for(size_t n);

/* Bytes from the base to the slack page: what resizing can reach. */
size_t lz_region_capacity(const struct lz_region *region);

/*
 * Resizes where it lies, to at least n bytes; false, and no change, when the
 * capacity is too small. Bytes beyond the old usable size are unspecified.
 */
bool lz_region_resize(struct lz_region *region, size_t n);

/*
 * Makes room for n bytes by moving the page tables. The new base, a multiple of
 * `align`, or NULL and no change (also where n is not more than the capacity):
 * then the caller copies. Bytes beyond the old usable size are unspecified.
 */
void *lz_region_grow(struct lz_region *region, size_t n, size_t align);

#endif
