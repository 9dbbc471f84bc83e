/* SPDX-License-Identifier: MIT */
/*
 * The optional thread (LAZYZERO_BACKGROUND=1) that ages the pool while the
 * program sleeps, and zeroes what is kept, so that calloc of a warm block is a
 * pointer pop. It starts with the first free of a region, blocks all signals,
 * and is gone before the process's exit is done. Off by default: a preloaded
 * library starts no thread unasked.
 */
#ifndef LZ_BACKGROUND_H
#define LZ_BACKGROUND_H

/* A region was freed: there is something to do. Cheap. */
void lz_background_wake(void);

/* At exit: stops the thread and waits for it. */
void lz_background_stop(void);

/* In the child of a fork, where the thread does not exist. See init.c. */
void lz_background_fork_child(void);

#endif
