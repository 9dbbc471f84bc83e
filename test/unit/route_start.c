/* SPDX-License-Identifier: MIT */
/* The first call into the library, and what the options make of it. */
#include "control/options.h"
#include "fake_os.h"
#include "front/route.h"
#include "heap/backend.h"
#include "heap/cache.h"
#include "large/region.h"
#include "lazyzero/lazyzero.h"

WRAPPED(char **, lz_os_environment, void);
WRAPPED(bool, lz_os_is_privileged, void);

static char *environment[] = {NULL, NULL};
static bool privileged;

char **
__wrap_lz_os_environment(void)
{
    return environment;
}

bool
__wrap_lz_os_is_privileged(void)
{
    return privileged;
}

static void
start_with(const char *setting)
{
    environment[0] = strdup(setting);
    errno = ERRNO_MARK;
    lz_route_start();
    EXPECT_ERRNO_KEPT();
}

Test(route_start, before_it_every_call_takes_the_long_way)
{
    cr_expect_not(lz_route_is_small(0));
    cr_expect_not(lz_route_is_small(1));
    cr_expect_not(lz_route_is_heap((void *)0x7fff12345678));
    cr_expect_not(lz_route_is_heap((void *)1));
}

Test(route_start, afterwards_the_options_are_in_force)
{
    start_with("LAZYZERO_THRESHOLD=64K");
    cr_expect_eq(lz_route_threshold, 64 * LZ_KIB);
    cr_expect_eq(lz_route_tag_mask, lz_region_tag_mask());
    cr_expect(lazyzero_owns(lz_route_allocate(64 * LZ_KIB, 1, false)));
    cr_expect_not(lazyzero_owns(lz_route_allocate(64 * LZ_KIB - 1, 1, false)));
}

Test(route_start, without_options_the_defaults_are_in_force)
{
    start_with("HOME=/");
    cr_expect_eq(lz_route_threshold, LZ_CACHE_LEAST);
}

Test(route_start, a_second_start_changes_nothing)
{
    start_with("LAZYZERO_THRESHOLD=64K");
    start_with("LAZYZERO_THRESHOLD=128K");
    cr_expect_eq(lz_route_threshold, 64 * LZ_KIB);
}

Test(route_start, a_privileged_program_reads_no_options)
{
    privileged = true;
    start_with("LAZYZERO_THRESHOLD=64K");
    cr_expect_eq(lz_route_threshold, LZ_CACHE_LEAST);
}

Test(route_start, with_the_check_no_address_passes_unseen)
{
    void *small, *large;

    start_with("LAZYZERO_CHECK=1");
    cr_expect_eq(lz_route_tag_mask, 0);
    small = lz_route_allocate(100, 1, false);
    large = lz_route_allocate(2 * LZ_MIB, 1, false);
    cr_expect_not(lz_route_is_heap(small));
    cr_expect_not(lz_route_is_heap(large));
    cr_expect_geq(lz_route_usable(small, "malloc_usable_size"), 100);
    lz_route_free(small, "free");
    lz_route_free(large, "free");
}

static void
free_it(void *p)
{
    lz_route_free(p, "free");
}

Test(route_start, with_the_check_any_foreign_pointer_stops_the_program)
{
    start_with("LAZYZERO_CHECK=1");
    expect_abort(free_it, (void *)0x40001230,
                 "liblazyzero: free(0x40001230): not an allocated block (freed "
                 "before, or never allocated); stopping\n");
}

static void
use(unsigned number)
{
    size_t n = number % 2 == 0 ? 100 : 2 * LZ_MIB;
    char *p = lz_route_allocate(n, 1, true);

    cr_assert_not_null(p);
    cr_assert(all_bytes_are(p, n, 0));
    p = lz_route_realloc(p, 3 * LZ_MIB);
    lz_route_free(p, "free");
}

Test(route_start, threads_may_all_come_first)
{
    run_threads(8, use);
    cr_expect_eq(lz_route_threshold, LZ_CACHE_LEAST);
}

/* Each function as the very first call of the process. */
Test(route_start, allocate_first)
{
    cr_expect(lazyzero_owns(lz_route_allocate(2 * LZ_MIB, 1, true)));
    cr_expect_eq(lz_route_threshold, LZ_CACHE_LEAST);
}

Test(route_start, allocate_at_first)
{
    void *p;

    cr_expect_eq(lz_route_allocate_at(&p, 64, 2 * LZ_MIB), 0);
    cr_expect(lazyzero_owns(p));
    cr_expect_eq(lz_route_threshold, LZ_CACHE_LEAST);
}

Test(route_start, free_and_usable_first)
{
    lz_route_free(NULL, "free");
    cr_expect_eq(lz_route_threshold, LZ_CACHE_LEAST);
}

Test(route_start, usable_first)
{
    cr_expect_eq(lz_route_usable(NULL, "malloc_usable_size"), 0);
    cr_expect_eq(lz_route_threshold, LZ_CACHE_LEAST);
}

Test(route_start, realloc_first)
{
    cr_expect(lazyzero_owns(lz_route_realloc(NULL, 2 * LZ_MIB)));
    cr_expect_eq(lz_route_threshold, LZ_CACHE_LEAST);
}

Test(route_start, mallocx_first)
{
    cr_expect(lazyzero_owns(lz_route_mallocx(2 * LZ_MIB, 0)));
    cr_expect_eq(lz_route_threshold, LZ_CACHE_LEAST);
}

Test(route_start, nallocx_first)
{
    cr_expect_eq(lz_route_nallocx(2 * LZ_MIB, 0), 2 * LZ_MIB);
    cr_expect_eq(lz_route_threshold, LZ_CACHE_LEAST);
}

Test(route_start, rallocx_and_xallocx_first)
{
    char *p = je_malloc(100);

    cr_expect_geq(lz_route_xallocx(p, 100, 0, 0), 100);
    cr_expect_eq(lz_route_threshold, LZ_CACHE_LEAST);
    cr_expect(lazyzero_owns(lz_route_rallocx(p, 2 * LZ_MIB, 0)));
}

Test(route_start, trim_and_owns_first)
{
    cr_expect_eq(lazyzero_owns(NULL), 0);
    cr_expect_eq(lz_route_trim(), 1);
}
