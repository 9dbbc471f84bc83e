/* SPDX-License-Identifier: MIT */
/*
 * Which size classes want huge pages: those that programs use in full.
 *
 * What they cost depends on the machine. The first touch of 1 GiB was measured
 * at 190-290 ms against 600-1,000 in 4 KiB pages when this was designed, but at
 * 1.3-2.5 s against 0.7-0.9 on a virtual machine with fragmented memory; and a
 * sparse use touches up to 512 times the memory. So fresh regions inherit the
 * system's policy until their class was seen in full use a few times, and again
 * after it was seen otherwise. LAZYZERO_HUGEPAGES
 * overrides. Lock-free.
 */
#ifndef LZ_HUGEPAGE_H
#define LZ_HUGEPAGE_H

#include "base/util.h"

/* One use of a region of this class was seen: of all its pages, or not. */
void lz_hugepage_learn(size_t map_size, bool full);

/* Asks for what a fresh region of the class should have. */
void lz_hugepage_apply(void *map, size_t map_size);

/* The program asked otherwise and is done: what an option says, again. */
void lz_hugepage_restore(void *map, size_t map_size);

#endif
