/* SPDX-License-Identifier: MIT */
/*
 * How many bytes of freed large blocks may stay resident: the policy. The pool
 * is the mechanism, and the region asks both.
 *
 * With LAZYZERO_RETAIN=auto it is the least of three bounds:
 *
 *   evidence  a 64th of the memory that this process may use, from
 *             LZ_RETAIN_LEAST to 512 MiB. If requests come that a block given
 *             back shortly before would have served, it is what they asked for,
 *             if that is more.
 *   peak      what the program had in use at once, less what it has in use
 *             now, plus a 32nd of that peak. So kept memory raises the peak by
 *             that 32nd at most. A block counts by its size. If it is freed and
 *             found to have held less, the next one of its class counts by
 *             what it held (lz_region_demand_held).
 *   group     a quarter of what this process could use if it kept nothing: its
 *             siblings in the control group, and on the machine, need the rest
 *
 * With a size it is the lesser of that size and the second bound.
 *
 * Thread safe and lock-free. Sizes are in bytes.
 */
#ifndef LZ_RETAIN_H
#define LZ_RETAIN_H

#include "base/util.h"

/* Up to this size the system is not asked how much memory there is, or free. */
#define LZ_RETAIN_LEAST (16 * LZ_MIB)

size_t lz_retain_limit(void);

/*
 * To be called before `kept` bytes are kept, without holding a lock. Asks the
 * system how much memory is free, if that matters and was not asked in the last
 * 100 ms.
 */
void lz_retain_look(size_t kept);

/*
 * This many bytes more (or fewer) are in use, by large blocks or by the heap.
 */
void lz_retain_use(intptr_t bytes);

/* The most that was in use at once, as far as is known. */
size_t lz_retain_peak(void);

/*
 * A block that is no longer in use held so many bytes less than was counted for
 * it. The peak is lowered by them, but not below what it was before that block.
 * For a zeroed block, the peak is not lowered below twice what is left without
 * them, since smaller zeroed blocks still count by their sizes.
 */
void lz_retain_held_less(size_t bytes, size_t peak_before, bool zeroed);

/*
 * A freed block of this class (lz_pool_class), with so many bytes, was not
 * kept.
 */
void lz_retain_let_go(size_t class, size_t bytes);

/*
 * A block of this class had to be made anew, for so many bytes. `any`: a block
 * of another class would have done as well.
 */
void lz_retain_fresh(size_t class, size_t bytes, bool any);

/* A kept block was handed out, so that so many bytes are worth keeping. */
void lz_retain_reused(size_t kept);

/* A kept block was not reused within the decay time. */
void lz_retain_unused(void);

/* A fork child is another program: it starts without evidence. */
void lz_retain_fork_child(void);

#endif
