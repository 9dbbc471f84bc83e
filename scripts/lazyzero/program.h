/* SPDX-License-Identifier: MIT */
/* The program to run: where it is, and whether a library can serve it. */
#ifndef PROGRAM_H
#define PROGRAM_H

#include <stdbool.h>

/*
 * Stops with one line where the program is not found, or where the library
 * could not serve it; with `force` the latter is only said.
 */
void program_check(const char *name, const char *library, bool force);

#endif
