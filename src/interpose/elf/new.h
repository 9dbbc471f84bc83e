/* SPDX-License-Identifier: MIT */
/* What operator new and delete (interpose_cxx.c) do off the shortest way. */
#ifndef LZ_INTERPOSE_NEW_H
#define LZ_INTERPOSE_NEW_H

#include "base/util.h"

/*
 * Once, where operator new is ours: a program with a malloc and free of its own
 * expects it to call them, so every request and free comes by the functions
 * below from then on.
 */
LZ_HIDDEN void lz_interpose_new_start(void);

/* MALLOC_CONF=experimental_infallible_new:true: one line, and abort. */
LZ_HIDDEN void lz_interpose_new_refused(size_t n) LZ_COLD;

/* For what is not small to lz_route_is_small, or no heap's to its like. */
LZ_HIDDEN void *lz_interpose_new_any(size_t n, size_t align) LZ_COLD;
LZ_HIDDEN void lz_interpose_delete_any(void *p) LZ_COLD;
LZ_HIDDEN void lz_interpose_delete_sized_any(void *p, size_t n) LZ_COLD;

/* A function of the C++ runtime that `caller` uses. Never NULL. */
LZ_HIDDEN void *lz_interpose_new_runtime(const char *name,
                                         const void *caller) LZ_COLD;

#endif
