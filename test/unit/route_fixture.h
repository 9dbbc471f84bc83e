/* SPDX-License-Identifier: MIT */
/*
 * For tests of route: fake_os.h, and a way to keep jemalloc from growing. For
 * tests registered with WRAP ${fake_heap}.
 */
#ifndef UNIT_ROUTE_FIXTURE_H
#define UNIT_ROUTE_FIXTURE_H

#include "control/options.h"
#include "control/stats.h"
#include "fake_os.h"
#include "front/route.h"
#include "heap/backend.h"
#include "large/pool.h"
#include "large/region.h"
#include "lazyzero/lazyzero.h"

/* Not the default, so that sizes here do not hang on it. */
#define THRESHOLD LZ_MIB

WRAPPED(void *, lz_os_heap_map, void *hint, size_t length, int prot, int flags);
WRAPPED(void *, lz_os_heap_break, intptr_t increment);

static bool fake_heap_refuses;

void *
__wrap_lz_os_heap_map(void *hint, size_t length, int prot, int flags)
{
    return fake_heap_refuses ? MAP_FAILED
                             : __real_lz_os_heap_map(hint, length, prot, flags);
}

void *
__wrap_lz_os_heap_break(intptr_t increment)
{
    return fake_heap_refuses ? (void *)-1 : __real_lz_os_heap_break(increment);
}

/* No large mapping from now on, and no warm one; but records and leaves. */
static inline void
refuse_regions(void)
{
    lz_region_release_all();
    fake_os.refuse = true;
    fake_os.refuse_from = LZ_MIB;
    fake_os.refuse_after = 0;
}

/* .init of a suite: a first region has the index and the records mapped. */
static inline void
route_start(void)
{
    lz_options.threshold = THRESHOLD;
    lz_route_start();
    lz_route_free(lz_route_allocate(lz_options.threshold, 1, false), "free");
    lz_region_release_all();
    memset(&lz_stats, 0, sizeof(lz_stats));
    fake_os_reset();
    errno = ERRNO_MARK;
}

/* Of the regions that were freed, none is left in the pool or mapped. */
static inline void
expect_no_leak(void)
{
    lz_region_release_all();
    cr_expect_eq(fake_os.region_bytes, 0, "a mapping leaked");
}

static inline size_t
usable(const void *p)
{
    return lz_route_usable(p, "malloc_usable_size");
}

/* Freeing keeps errno, and had to be preceded by nothing that does not. */
static inline void
release(void *p)
{
    lz_route_free(p, "free");
    EXPECT_ERRNO_KEPT();
}

/* A block of n bytes, full of the pattern 9. */
static inline char *
make(size_t n)
{
    char *p = lz_route_allocate(n, 1, false);

    cr_assert_not_null(p);
    fill_pattern(p, n, 9);
    return p;
}

/* The same, but jemalloc holds it however large it is. */
static inline char *
make_refused(size_t n)
{
    char *p;

    refuse_regions();
    p = make(n);
    fake_os.refuse = false;
    cr_expect_not(lazyzero_owns(p));
    cr_expect(lz_backend_owns(p));
    return p;
}

#endif
