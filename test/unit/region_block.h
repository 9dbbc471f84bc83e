/* SPDX-License-Identifier: MIT */
/* A region by its block, as the program has it. */
#ifndef UNIT_REGION_BLOCK_H
#define UNIT_REGION_BLOCK_H

#include "large/region.h"

static inline void *
region_block(size_t n, size_t align, bool zero)
{
    struct lz_region *region = lz_region_allocate(n, align, zero);

    return region == NULL ? NULL : lz_region_base(region);
}

#endif
