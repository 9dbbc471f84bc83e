/* SPDX-License-Identifier: MIT */
/* What an executable's or a library's file tells, in the system's format. */
#ifndef INSPECT_H
#define INSPECT_H

#include <stdbool.h>

/*
 * Why the library cannot serve this executable (statically linked, another
 * machine's, a malloc of its own, ...) and what to do about it; NULL: it can.
 * The caller's memory.
 */
char *inspect_obstacle(const char *executable, const char *library);

/* Is this a library that a process of the same kind as ours can load? */
bool inspect_is_library(const char *path);

/* Is it this library, of whatever version? */
bool inspect_is_ours(const char *path);

/* Does this file define malloc for others? */
bool inspect_exports_malloc(const char *path);

#endif
