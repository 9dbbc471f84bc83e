/* SPDX-License-Identifier: MIT */
/* The program to run: where it is, and whether a library can serve it. */
#ifndef PROGRAM_H
#define PROGRAM_H

#include <stdbool.h>

/*
 * Stops with one line if the program is not found, or if the library could not
 * serve it. With `force`, the latter only prints the line.
 */
void program_check(const char *name, const char *library, bool force);

#endif
