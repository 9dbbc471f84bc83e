/* SPDX-License-Identifier: MIT */
/* What the constructors of interpose_*.c may do. */
#ifndef LZ_INTERPOSE_START_H
#define LZ_INTERPOSE_START_H

#include <stdbool.h>
#include <stddef.h>

#include "base/util.h"

/*
 * malloc and free of libc.c, even if the exported names are bound to
 * others.
 */
LZ_HIDDEN void *lz_interpose_libc_malloc(size_t n);
LZ_HIDDEN void lz_interpose_libc_free(void *p);

/*
 * Bound where the program, or a library of it, has ThreadSanitizer's runtime.
 */
extern void __tsan_init(void) __attribute__((weak));

/*
 * Our constructors are the first of the process (-z initfirst). jemalloc's
 * start calls functions of libc that ThreadSanitizer replaces, and those crash
 * before its own start. In such a program, the first allocation starts the
 * library.
 */
static inline bool
lz_interpose_starts_late(void)
{
    return __tsan_init != NULL;
}

#endif
