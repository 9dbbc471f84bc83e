/* SPDX-License-Identifier: MIT */
/* For tests of realloc and rallocx: sizes on both sides of each edge. */
#ifndef UNIT_ROUTE_SIZES_H
#define UNIT_ROUTE_SIZES_H

#include "route_fixture.h"

static const size_t sizes[] = {1,
                               100,
                               4096,
                               20000,
                               100000,
                               THRESHOLD / 2 - 1,
                               THRESHOLD / 2,
                               THRESHOLD - 1,
                               THRESHOLD,
                               THRESHOLD + 1,
                               3 * THRESHOLD,
                               8 * THRESHOLD - 4096,
                               20 * THRESHOLD};

#define SIZES (sizeof(sizes) / sizeof(sizes[0]))

static inline size_t
smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

#endif
