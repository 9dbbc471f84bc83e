/* SPDX-License-Identifier: MIT */
/* For tests of region: fake_os.h, and where the mapping of a block lies. */
#ifndef UNIT_REGION_FIXTURE_H
#define UNIT_REGION_FIXTURE_H

#include "fake_os.h"
#include "region.h"

static inline char *
map_of(const void *p)
{
    return (char *)lz_round_down((uintptr_t)p, LZ_INDEX_GRANULE);
}

static inline size_t
map_size_of(const char *p)
{
    return (size_t)(p - map_of(p)) + lz_region_capacity(lz_region_find(p)) +
           lz_os_page_size(); /* the slack page */
}

#endif
