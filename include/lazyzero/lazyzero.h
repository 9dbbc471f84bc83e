/* SPDX-License-Identifier: MIT */
/*
 * liblazyzero: large memory costs what a program touches, not what it asks for.
 *
 * Programs need none of this: preloading the library is enough. The functions
 * are for programs that want to know whether it is there. Look them up weakly
 * (or by dlsym) and the same binary runs with and without the preload.
 *
 * Every function here is thread safe, keeps errno, and may be called before any
 * constructor has run.
 */
#ifndef LAZYZERO_H
#define LAZYZERO_H

#include <stddef.h>

#define LAZYZERO_VERSION_MAJOR 0
#define LAZYZERO_VERSION_MINOR 1
#define LAZYZERO_VERSION_PATCH 0

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define LAZYZERO_API __attribute__((visibility("default")))
#else
#define LAZYZERO_API
#endif

/* The version of the library that is loaded, "MAJOR.MINOR.PATCH". */
LAZYZERO_API const char *lazyzero_version(void);

/*
 * 1 when malloc in this process is liblazyzero's, 0 when another definition
 * came first in the dynamic linker's search order (a program with an allocator
 * of its own, a sanitizer).
 */
LAZYZERO_API int lazyzero_is_active(void);

/*
 * 1 when `p` was returned by an allocation call, is not freed, and is a region:
 * a large block with a mapping of its own. 0 for every other pointer, NULL and
 * pointers into the middle of a region included.
 */
LAZYZERO_API int lazyzero_owns(const void *p);

#ifdef __cplusplus
}
#endif

#endif
