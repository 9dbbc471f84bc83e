/* SPDX-License-Identifier: MIT */
/*
 * Which size classes want huge pages: those that programs use in full.
 *
 * What huge pages cost depends on the machine: a first touch may be faster or
 * slower with them (doc/design.md), and a sparse use touches up to 512 times
 * the memory. So fresh regions inherit the system's policy until their class
 * was seen in full use a few times, and again after it was seen in sparse use.
 * LAZYZERO_HUGEPAGES overrides this. Lock-free.
 */
#ifndef LZ_HUGEPAGE_H
#define LZ_HUGEPAGE_H

#include "base/util.h"

/* A use of a region of this class was seen. `full`: it used all pages. */
void lz_hugepage_learn(size_t map_size, bool full);

/*
 * At the start: in a run before, so many blocks of this class were seen, all of
 * them used in full. As many get huge pages now, at most 200, if none
 * is seen in sparse use.
 */
void lz_hugepage_expect(size_t map_size, size_t blocks);

/*
 * Asks for what a fresh region of the class should have. True: huge pages, for
 * what is known of the class.
 */
bool lz_hugepage_apply(void *map, size_t map_size);

/*
 * The program asked for something else and is done with the block: back to what
 * the option says.
 */
void lz_hugepage_restore(void *map, size_t map_size);

#endif
