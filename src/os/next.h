/* SPDX-License-Identifier: MIT */
/*
 * The functions by which os/ changes mappings: the only door to them.
 *
 * They are not this library's exported ones of the same names, which observe
 * the program. Until jemalloc has started they are bare system calls
 * (linux/call.c), or libc's functions where those are not replaced; from then
 * on the next library's, since libraries that register memory with a device
 * (UCX, Open MPI) listen there for memory that goes away. Where another library
 * comes before this one, or wrote over its code, calls go to that
 * (interpose/elf/mapping.c).
 */
#ifndef LZ_OS_NEXT_H
#define LZ_OS_NEXT_H

#include <stdbool.h>
#include <stddef.h>

struct lz_os_next {
    int (*munmap)(void *p, size_t n);
    void *(*mremap)(void *p, size_t n, size_t to_n, int flags, ...);
    int (*madvise)(void *p, size_t n, int advice);
    bool is_foreign; /* one of them is not libc's, and may allocate */
};

extern struct lz_os_next lz_os_next;

/*
 * What interpose/ found; NULL: none, and the call stays as it is.
 */
void lz_os_set_next(const struct lz_os_next *found);

/*
 * May they run another library's code, which may allocate? Then they must not
 * be called within the backend, whose allocator would be entered twice.
 */
bool lz_os_next_is_foreign(void);

/* As the functions of these names, errno included; mremap on Linux only. */
int lz_os_next_munmap(void *p, size_t n);
void *lz_os_next_mremap(void *p, size_t n, size_t to_n, int flags, void *to);
int lz_os_next_madvise(void *p, size_t n, int advice);

#endif
