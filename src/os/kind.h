/* SPDX-License-Identifier: MIT */
/*
 * Memory of a certain kind: reserved huge pages, and the nodes of a NUMA
 * machine. As in os.h, of which this is a part, POSIX has none of it.
 */
#ifndef LZ_OS_KIND_H
#define LZ_OS_KIND_H

#include "base/util.h"

/*
 * A new private mapping of reserved huge pages of that size (hugetlb), at a
 * multiple of it; the length is one, too. It reads as zeros, and the system
 * promises as many pages as it has, but see lz_os_hugetlb_is_sure. NULL: there
 * are too few left, or the system has none.
 */
void *lz_os_map_hugetlb(size_t length, size_t page);

/*
 * Does the promise hold? Not where a control group limits how many of these
 * pages may be touched (hugetlb.SIZE.max): beyond that a touch ends the process
 * by SIGBUS, unless lz_os_populate came first, which fails.
 */
bool lz_os_hugetlb_is_sure(size_t page);

/* Bytes of such pages that are neither in use nor promised; 0: unknown. */
size_t lz_os_hugetlb_free(size_t page);

/*
 * The nodes of a NUMA machine that this process may have memory of: how many.
 * 0: that cannot be told.
 */
size_t lz_os_node_count(void);

/* The node that this thread runs on now; 0 where that cannot be told. */
unsigned lz_os_node(void);

/*
 * The node that the pages of a range are on, by a sample of them. 0 and the
 * node in *node, also where none is resident (then *node is as before); EXDEV:
 * they are on several; or another errno value.
 */
int lz_os_node_of(char *start, size_t length, unsigned *node);

/*
 * Has this thread a rule of its own for where its memory comes from
 * (set_mempolicy(2))? False where that cannot be told.
 */
bool lz_os_has_node_policy(void);

/*
 * Where the pages of a range will come from. BIND takes a bit for each node;
 * the others ignore `nodes`. 0, or an errno value and no change: ENOSYS, EPERM
 * (a sandbox), EINVAL (no such node).
 */
enum lz_os_place {
    LZ_OS_PLACE_LOCAL,
    LZ_OS_PLACE_INTERLEAVE,
    LZ_OS_PLACE_BIND
};
int lz_os_set_place(void *start, size_t length, enum lz_os_place place,
                    size_t nodes);

/* How many processors this thread may run on; at least 1. */
size_t lz_os_count_processors(void);

#endif
