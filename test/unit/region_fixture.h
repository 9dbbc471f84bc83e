/* SPDX-License-Identifier: MIT */
/*
 * For tests of region: fake_os.h, a start with nothing kept, and where the
 * mapping of a block lies.
 */
#ifndef UNIT_REGION_FIXTURE_H
#define UNIT_REGION_FIXTURE_H

#include "control/options.h"
#include "control/stats.h"
#include "fake_os.h"
#include "large/region.h"
#include "large/retain.h"
#include "region_block.h"

/*
 * For the .init of a suite: nothing is kept, and what will be does not age. The
 * program once used a GiB, so that so much may be kept.
 */
static inline void
region_start(void)
{
    void *p = region_block(1, 1, false);

    lz_options.decay_ms = 3600000;
    lz_options.retain = 1024 * LZ_MIB;
    lz_region_free(lz_region_find(p));
    lz_region_release_all();
    lz_retain_use((intptr_t)LZ_MIB * 1024);
    lz_retain_use(-(intptr_t)LZ_MIB * 1024);
    memset(&lz_stats, 0, sizeof(lz_stats));
    fake_os_reset();
    errno = ERRNO_MARK;
}

static inline struct lz_region *
make_region(size_t n)
{
    void *p = region_block(n, 1, false);

    EXPECT_ERRNO_KEPT();
    cr_assert_not_null(p);
    return lz_region_find(p);
}

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
