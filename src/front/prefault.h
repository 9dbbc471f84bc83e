/* SPDX-License-Identifier: MIT */
/*
 * Populates memory ahead of its use, so that the program takes no page faults
 * there: LAZYZERO_PREFAULT, and lazyzero_prefault.
 *
 * It is done in steps of 16 MiB. Before each step, the system is asked how much
 * memory is free, in this process's control groups and on the machine. Some is
 * left, so the job ends early instead of getting a process killed.
 *
 * From 64 MiB on, threads help (LAZYZERO_PREFAULT_THREADS), which end with the
 * job. Only one job at a time has helpers. No job has helpers if pages would
 * come from the node of the thread that touches them (place.h), or before Linux
 * 5.14. That lacks MADV_POPULATE_WRITE, so each page is written with what it
 * holds.
 *
 * A signal handler of the calling thread runs between two steps. Helpers block
 * all signals.
 */
#ifndef LZ_PREFAULT_H
#define LZ_PREFAULT_H

#include "base/util.h"

struct lz_region;

/*
 * Populates the pages of [p, p + n), n not 0, and keeps their contents. 0, or
 * an errno value, and then some pages may be populated: ENOMEM if memory is
 * short or a part of it is not mapped, EFAULT if a part is not writable,
 * EHWPOISON. Thread safe, keeps errno. A cancellation point if `cancels`.
 */
int lz_prefault(void *p, size_t n, bool cancels);

/*
 * For a fresh block, as LAZYZERO_PREFAULT asks. The first block that is
 * populated in part only is reported on standard error.
 */
void lz_prefault_block(struct lz_region *region) LZ_COLD;

/* In the child of a fork, which has no helpers. */
void lz_prefault_fork_child(void);

#endif
