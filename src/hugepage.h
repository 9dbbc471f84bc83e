/* SPDX-License-Identifier: MIT */
/*
 * Which size classes want huge pages: those that programs use in full.
 *
 * The first touch of 1 GiB took 600-1,000 ms in 4 KiB pages and 190-290 ms in
 * 2 MiB pages; but a sparse use touches up to 512 times the memory that way. So
 * fresh regions inherit the system's policy until their class was seen in full
 * use a few times, and again after it was seen otherwise. LAZYZERO_HUGEPAGES
 * overrides. Lock-free.
 */
#ifndef LZ_HUGEPAGE_H
#define LZ_HUGEPAGE_H

#include "util.h"

/* One use of a region of this class was seen: of all its pages, or not. */
void lz_hugepage_learn(size_t map_size, bool full);

/* Asks for what a fresh region of the class should have. */
void lz_hugepage_apply(void *map, size_t map_size);

#endif
