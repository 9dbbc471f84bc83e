/* SPDX-License-Identifier: MIT */
/* The version of the public header as a string: "1.2.3". */
#ifndef LZ_VERSION_H
#define LZ_VERSION_H

#include "lazyzero/lazyzero.h"

#define LZ_VERSION_TEXT(x) #x
#define LZ_VERSION_DOTTED(a, b, c) \
    LZ_VERSION_TEXT(a) "." LZ_VERSION_TEXT(b) "." LZ_VERSION_TEXT(c)
#define LZ_VERSION                                                    \
    LZ_VERSION_DOTTED(LAZYZERO_VERSION_MAJOR, LAZYZERO_VERSION_MINOR, \
                      LAZYZERO_VERSION_PATCH)

#endif
