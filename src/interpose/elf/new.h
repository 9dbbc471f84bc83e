/* SPDX-License-Identifier: MIT */
/* What operator new and delete (cxx.c) do off their fast path. */
#ifndef LZ_INTERPOSE_NEW_H
#define LZ_INTERPOSE_NEW_H

#include "base/util.h"

/*
 * Called once if operator new is ours. If the program has a malloc and free of
 * its own, it expects operator new to call them. Then every request and free
 * goes through the functions below.
 */
LZ_HIDDEN void lz_interpose_new_start(void);

/* MALLOC_CONF=experimental_infallible_new:true: one line, and abort. */
LZ_HIDDEN void lz_interpose_new_refused(size_t n) LZ_COLD;

/*
 * For requests that lz_route_is_small calls not small, and frees that its
 * counterpart calls not the heap's.
 */
LZ_HIDDEN void *lz_interpose_new_any(size_t n, size_t align) LZ_COLD;
LZ_HIDDEN void lz_interpose_delete_any(void *p) LZ_COLD;
LZ_HIDDEN void lz_interpose_delete_sized_any(void *p, size_t n) LZ_COLD;

/* A function of the C++ runtime that `caller` uses. Never NULL. */
LZ_HIDDEN void *lz_interpose_new_runtime(const char *name,
                                         const void *caller) LZ_COLD;

#endif
