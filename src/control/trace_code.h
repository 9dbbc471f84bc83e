/* SPDX-License-Identifier: MIT */
/*
 * What the addresses of call stacks belong to (LAZYZERO_TRACE_SITES): the
 * trace gets a line for each executable mapping, before the first stack that
 * has an address in it. A library that is loaded where another one was is not
 * noticed.
 *
 * No malloc, no lock. While one thread reads the mappings, the others go on;
 * their stacks' lines come before the mapping's then. errno is kept.
 */
#ifndef LZ_TRACE_CODE_H
#define LZ_TRACE_CODE_H

#include "base/util.h"
#include "os/stack.h"

/* Writes the lines that `count` addresses need, in that process (the own). */
void lz_trace_code_tell(const uintptr_t *frames, int count, int process);

/* trace.c: writes the line of one mapping. */
void lz_trace_write_code(const struct lz_os_code *code);

#endif
