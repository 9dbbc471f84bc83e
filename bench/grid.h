/* SPDX-License-Identifier: MIT */
/* The C++ kind of block, in grid_new.cpp. */
#ifndef BENCH_GRID_H
#define BENCH_GRID_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

char *grid_new(size_t n); /* new char[n]() */
void grid_delete(char *p);

#ifdef __cplusplus
}
#endif

#endif
