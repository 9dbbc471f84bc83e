/* SPDX-License-Identifier: MIT */
/*
 * Which pages are populated, by mincore(2). It costs less than to read
 * /proc/self/pagemap (doc/design.md), and it needs no file.
 */
#ifndef LZ_OS_LINUX_MINCORE_H
#define LZ_OS_LINUX_MINCORE_H

#include "os/pages.h"

/*
 * Does mincore tell on this system? Asked once in a process. Not from Linux 6.6
 * on: there, a page table may hold marks (UFFDIO_POISON, MADV_GUARD_INSTALL)
 * for which mincore answers as for a page that was never touched.
 */
bool lz_os_mincore_tells(void);

/*
 * As lz_os_find_populated. -1 also if the system has swap, since mincore
 * answers for a page that was swapped out as for one that was never touched.
 */
int lz_os_mincore_find(char *start, char *end, struct lz_os_range *ranges,
                       int capacity, char **resume);

#endif
