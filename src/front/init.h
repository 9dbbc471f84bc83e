/* SPDX-License-Identifier: MIT */
/*
 * Start, fork and exit, each as one list in one place.
 *
 * Nothing here has to have run for the layers below to work: before it, the
 * options have their defaults.
 */
#ifndef LZ_INIT_H
#define LZ_INIT_H

#include "base/util.h"

/*
 * Reads the options, starts jemalloc, and prints a line if LAZYZERO_VERBOSE
 * asks for it. The first caller does the work and gets true. Every other call
 * does nothing and gets false, also one that comes while the first is still at
 * work. Keeps errno.
 */
bool lz_init_start(void);

/*
 * The fork handlers: registered with lz_os_atfork, or called by what else the
 * system has for allocators.
 */
void lz_init_fork_prepare(void);
void lz_init_fork_parent(void);
void lz_init_fork_child(void);

/* At exit: the report, if LAZYZERO_STATS asks for it. */
void lz_init_finish(void);

#endif
