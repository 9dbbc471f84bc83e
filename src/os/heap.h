/* SPDX-License-Identifier: MIT */
/* What jemalloc calls (heap/backend.h). The rules of os.h hold. */
#ifndef LZ_OS_HEAP_H
#define LZ_OS_HEAP_H

#include <time.h>

#include "base/util.h"

/*
 * jemalloc has started: from now on a function of libc's that another library
 * has taken may allocate (next.h).
 */
void lz_os_set_started(void);

/*
 * The backend's own view of memory (see backend.h): mmap, munmap, and
 * madvise and sbrk, with their usual arguments and results, but keeping errno.
 * Errors are as in the manual pages: MAP_FAILED, -1, (void *)-1. Names of
 * their own, so that units count a region's mappings without the backend's.
 */
void *lz_os_heap_map(void *hint, size_t length, int prot, int flags);
int lz_os_heap_unmap(void *start, size_t length);
int lz_os_heap_advise(void *start, size_t length, int advice);
void *lz_os_heap_break(intptr_t increment);

/*
 * clock_gettime(2); early: by the kernel, not by a library that is
 * preloaded too and allocates to answer (libfaketime).
 */
int lz_os_heap_clock(clockid_t clock, struct timespec *now, bool early);

#endif
