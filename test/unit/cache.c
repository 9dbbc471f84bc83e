/* SPDX-License-Identifier: MIT */
/* Freed blocks of middle size, kept for each CPU. */
#include "heap/cache.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <string.h>

#include "control/options.h"
#include "control/stats.h"
#include "heap/backend.h"
#include "large/index.h"
#include "large/region.h"
#include "os/os.h"
#include "support.h"

WRAPPED(unsigned, lz_os_cpu, void);
WRAPPED(size_t, lz_os_memory_size, void);
WRAPPED(enum lz_os_space, lz_os_space_for, size_t more);

static unsigned cpu;     /* that runs all threads */
static size_t memory;    /* bytes that the machine has */
static size_t questions; /* how often that was asked */
static enum lz_os_space space = LZ_OS_SPACE_FREE;

unsigned
__wrap_lz_os_cpu(void)
{
    return cpu;
}

size_t
__wrap_lz_os_memory_size(void)
{
    questions++;
    return memory;
}

/* After the 64th request. */
static void
turn_on(void)
{
    for (int i = 0; i < 63; i++)
        cr_assert_not(lz_cache_is_wanted());
    cr_assert_not(lz_cache_is_on());
    cr_assert(lz_cache_is_wanted());
}

enum lz_os_space
__wrap_lz_os_space_for(size_t more)
{
    (void)more;
    return space;
}

static void
start(void)
{
    memory = 0; /* that cannot be told: one for all */
    lz_options.cpu_cache = 8 * LZ_MIB;
    lz_cache_start();
    turn_on();
}

TestSuite(cache, .init = start);

static void
release(void *p)
{
    lz_cache_free(p, "free");
}

Test(cache, a_freed_block_serves_the_next_request_of_its_class)
{
    void *p = lz_cache_allocate(100 * LZ_KIB);

    release(p);
    cr_expect_eq(lz_cache_bytes(), 112 * LZ_KIB);
    cr_expect_eq(lz_cache_allocate(98 * LZ_KIB), p);
    cr_expect_eq(lz_cache_bytes(), 0);
}

Test(cache, and_none_of_another_class)
{
    void *p = lz_cache_allocate(100 * LZ_KIB);

    release(p);
    cr_expect_neq(lz_cache_allocate(96 * LZ_KIB), p);
    cr_expect_neq(lz_cache_allocate(112 * LZ_KIB + 1), p);
}

Test(cache, every_size_is_large_enough_and_begins_at_a_page)
{
    for (size_t n = LZ_CACHE_LEAST; n <= LZ_CACHE_MOST; n += 4093) {
        char *p = lz_cache_allocate(n);

        cr_assert_geq(je_sallocx(p, 0), n);
        cr_assert_lt(je_sallocx(p, 0), n + n / 4 + 4096);
        cr_assert_eq((uintptr_t)p % lz_os_page_size(), 0);
        cr_assert_eq(lz_index_get(p), LZ_INDEX_MIDDLE);
        memset(p, 0xA5, n);
        release(p);
        cr_assert_eq(lz_cache_allocate(n), p, "%zu", n);
        release(p);
    }
}

Test(cache, each_class_keeps_32)
{
    void *blocks[34];

    for (int i = 0; i < 34; i++)
        blocks[i] = lz_cache_allocate(64 * LZ_KIB);
    for (int i = 0; i < 34; i++)
        release(blocks[i]);
    cr_expect_eq(lz_cache_bytes(), 32 * 64 * LZ_KIB);
}

Test(cache, never_more_bytes_than_the_option_says)
{
    for (size_t n = LZ_CACHE_LEAST; n <= LZ_CACHE_MOST; n += LZ_CACHE_LEAST) {
        void *p = lz_cache_allocate(n), *q = lz_cache_allocate(n);

        release(p);
        release(q);
        cr_assert_leq(lz_cache_bytes(), 8 * LZ_MIB);
    }
    cr_expect_gt(lz_cache_bytes(), 4 * LZ_MIB);
}

Test(cache, what_is_no_longer_used_makes_room)
{
    void *old[8], *p;

    for (int i = 0; i < 8; i++)
        old[i] = lz_cache_allocate(LZ_MIB);
    for (int i = 0; i < 8; i++)
        release(old[i]);
    p = lz_cache_allocate(4 * LZ_MIB);
    release(p);
    cr_expect_leq(lz_cache_bytes(), 8 * LZ_MIB);
    cr_expect_eq(lz_cache_allocate(4 * LZ_MIB), p);
}

Test(cache, a_block_larger_than_the_option_is_not_kept)
{
    void *p;

    lz_options.cpu_cache = 100 * LZ_KIB;
    p = lz_cache_allocate(112 * LZ_KIB);
    release(p);
    cr_expect_eq(lz_cache_bytes(), 0);
    p = lz_cache_allocate(96 * LZ_KIB);
    release(p);
    cr_expect_eq(lz_cache_bytes(), 96 * LZ_KIB);
}

Test(cache, a_small_block_at_a_page_goes_back_to_jemalloc)
{
    void *small = je_aligned_alloc(lz_os_page_size(), 32 * LZ_KIB);

    release(small);
    cr_expect_eq(lz_cache_bytes(), 0);
}

Test(cache, what_jemalloc_resized_is_kept_by_its_size_now)
{
    void *p = lz_cache_allocate(256 * LZ_KIB);

    if (je_xallocx(p, 128 * LZ_KIB, 0, 0) != 128 * LZ_KIB)
        cr_skip_test("jemalloc has such blocks in slabs: its pages are large");
    release(p);
    cr_expect_eq(lz_cache_bytes(), 128 * LZ_KIB);
    cr_expect_neq(lz_cache_allocate(256 * LZ_KIB), p);
    cr_expect_eq(lz_cache_allocate(128 * LZ_KIB), p);
}

/* Where every free is looked at, such a one comes here too (LAZYZERO_GUARD). */
Test(cache, a_block_that_starts_within_a_page_goes_back)
{
    void *p = NULL;

    for (int i = 0; i < 64 && (uintptr_t)p % lz_os_page_size() == 0; i++)
        p = je_malloc(100 * LZ_KIB);
    if ((uintptr_t)p % lz_os_page_size() == 0)
        cr_skip_test("jemalloc starts every such block at a page");
    release(p);
    cr_expect_eq(lz_cache_bytes(), 0);
}

Test(cache, a_flush_gives_all_back)
{
    for (int i = 0; i < 5; i++)
        release(lz_cache_allocate(LZ_MIB + (size_t)i));
    cr_expect(lz_cache_flush());
    cr_expect_eq(lz_cache_bytes(), 0);
    cr_expect_not(lz_cache_flush());
}

Test(cache, trim_gives_all_back)
{
    release(lz_cache_allocate(LZ_MIB));
    cr_expect(lz_backend_trim());
    cr_expect_eq(lz_cache_bytes(), 0);
}

Test(cache, a_program_with_arenas_of_its_own_has_none)
{
    unsigned arena;
    size_t size = sizeof(arena);

    release(lz_cache_allocate(LZ_MIB));
    cr_assert_eq(lz_backend_mallctl("arenas.create", &arena, &size, NULL, 0),
                 0);
    cr_expect_not(lz_cache_is_on());
    cr_expect_eq(lz_cache_bytes(), 0);
    cr_expect_not(lz_cache_serves(LZ_MIB));
    release(lz_cache_allocate(LZ_MIB));
    cr_expect_eq(lz_cache_bytes(), 0);
}

static void
expect_off_by_mib(const char *name)
{
    size_t mib[4], length = 4;

    lz_cache_start();
    lz_backend_mallctlnametomib(name, mib, &length);
    cr_expect_not(lz_cache_is_on(), "%s", name);
}

Test(cache, nor_one_that_asks_for_the_mib)
{
    expect_off_by_mib("arenas.create");
    expect_off_by_mib("experimental.arenas_create_ext");
}

Test(cache, other_questions_change_nothing)
{
    unsigned count;
    size_t size = sizeof(count);

    cr_assert_eq(lz_backend_mallctl("arenas.narenas", &count, &size, NULL, 0),
                 0);
    cr_expect(lz_cache_is_on());
}

static void
expect_off(void)
{
    lz_cache_start();
    for (int i = 0; i < 1000; i++)
        cr_assert_not(lz_cache_is_wanted());
    cr_expect_not(lz_cache_is_on());
    cr_expect_not(lz_cache_serves(LZ_MIB));
}

Test(cache_start, options_that_look_at_every_free_switch_it_off)
{
    lz_options.cpu_cache = 8 * LZ_MIB;
    lz_options.check = true;
    expect_off();
    lz_options.check = false;
    lz_options.zero_on_free = true;
    expect_off();
    lz_options.zero_on_free = false;
    lz_options.cpu_cache = 0;
    expect_off();
}

Test(cache, reuses_are_counted_by_64)
{
    release(lz_cache_allocate(LZ_MIB));
    for (int i = 0; i < 63; i++)
        release(lz_cache_allocate(LZ_MIB));
    cr_expect_eq(lz_stats.middle_reused, 0);
    release(lz_cache_allocate(LZ_MIB));
    cr_expect_eq(lz_stats.middle_reused, 64);
}

static struct lz_region *
region_of(size_t n)
{
    struct lz_region *region = lz_region_allocate(n, 1, false);

    cr_assert_not_null(region);
    memset(lz_region_base(region), 0xA5, n);
    return region;
}

static bool
release_region(struct lz_region *region)
{
    return lz_cache_serves_region(lz_region_usable(region)) &&
           lz_cache_free_region(region, lz_region_base(region));
}

/* Regions wait as well. */
static void
start_with_regions(void)
{
    lz_options.retain = LZ_RETAIN_AUTO;
    lz_options.decay_ms = 3600000;
    lz_region_change_observed();
    start();
    cr_assert_eq(lz_cache_region_most, LZ_CACHE_MOST);
}

TestSuite(cache_regions, .init = start_with_regions);

Test(cache_regions, a_freed_one_serves_the_next_request_of_its_class)
{
    struct lz_region *region = region_of(3 * LZ_MIB);
    char *base = lz_region_base(region);

    cr_assert(release_region(region));
    cr_expect_eq(lz_cache_bytes(), 3 * LZ_MIB);
    cr_expect_null(lz_cache_take_region(3 * LZ_MIB + 1, false));
    cr_expect_eq(lz_cache_take_region(3 * LZ_MIB - 1, true), base);
    cr_expect(all_bytes_are(base, 3 * LZ_MIB - 1, 0));
    cr_expect_eq(lz_cache_bytes(), 0);
    cr_expect_null(lz_cache_take_region(3 * LZ_MIB, false));
}

Test(cache_regions, the_size_decides_between_region_and_heap)
{
    struct lz_region *region = region_of(2 * LZ_MIB);
    void *p = lz_cache_allocate(2 * LZ_MIB);

    cr_assert(release_region(region));
    release(p);
    cr_expect_eq(lz_cache_bytes(), 4 * LZ_MIB);
    cr_expect_eq(lz_cache_take_region(2 * LZ_MIB, false),
                 lz_region_base(region));
    cr_expect_eq(lz_cache_allocate(2 * LZ_MIB), p);
}

Test(cache_regions, all_sizes_have_a_class)
{
    for (size_t n = LZ_CACHE_REGION_LEAST; n <= LZ_CACHE_MOST; n += 4093) {
        struct lz_region *region = region_of(n);
        void *p;

        cr_assert(lz_cache_serves_region(n));
        cr_assert(release_region(region), "%zu", n);
        p = lz_cache_take_region(n, false);
        cr_assert_eq(p, lz_region_base(region), "%zu", n);
        cr_assert(lz_region_free(region));
    }
    cr_expect_not(lz_cache_serves_region(LZ_CACHE_MOST + 1));
    cr_expect_not(lz_cache_serves_region(LZ_CACHE_REGION_LEAST - 1));
}

Test(cache_regions, an_address_inside_is_none)
{
    struct lz_region *region = region_of(3 * LZ_MIB);
    char *base = lz_region_base(region);

    cr_expect_not(lz_cache_free_region(region, base + 4096));
    cr_expect_eq(lz_region_find(base), region);
    cr_expect_eq(lz_cache_bytes(), 0);
}

Test(cache_regions, a_shrunk_one_is_for_the_pool)
{
    struct lz_region *region = region_of(3 * LZ_MIB);

    cr_assert(lz_region_resize(region, LZ_MIB / 2));
    cr_expect_not(release_region(region));
    cr_expect_eq(lz_region_find(lz_region_base(region)), region);
}

Test(cache_regions, all_of_them_can_be_released)
{
    void *p = lz_cache_allocate(2 * LZ_MIB);

    cr_expect_not(lz_cache_holds_regions());
    cr_assert(release_region(region_of(3 * LZ_MIB)));
    cr_assert(release_region(region_of(2 * LZ_MIB)));
    release(p);
    cr_expect(lz_cache_holds_regions());
    lz_cache_remove_regions(lz_region_cached_release);
    cr_expect_eq(lz_cache_bytes(), 2 * LZ_MIB);
    cr_expect_eq(lz_stats.regions_released, 2);
    cr_expect_not(lz_cache_holds_regions());
    lz_cache_remove_regions(lz_region_cached_release);
    cr_expect_eq(lz_cache_bytes(), 2 * LZ_MIB);
}

Test(cache_regions, what_makes_room_is_freed)
{
    struct lz_region *regions[3];

    for (int i = 0; i < 3; i++)
        regions[i] = region_of(4 * LZ_MIB);
    for (int i = 0; i < 3; i++)
        cr_assert(release_region(regions[i]));
    cr_expect_eq(lz_cache_bytes(), 8 * LZ_MIB);
    cr_expect_eq(lz_stats.regions_freed, 1);
    cr_expect(lz_cache_flush());
    cr_expect_eq(lz_stats.regions_freed, 3);
    cr_expect_eq(lz_cache_bytes(), 0);
}

Test(cache_regions, one_that_does_not_fit_is_freed_all_the_same)
{
    struct lz_region *region = region_of(4 * LZ_MIB);

    lz_options.cpu_cache = 3 * LZ_MIB;
    cr_expect(release_region(region));
    cr_expect_eq(lz_cache_bytes(), 0);
    cr_expect_eq(lz_stats.regions_freed, 1);
}

Test(cache_regions, one_that_was_changed_meanwhile_makes_place_for_the_next)
{
    struct lz_region *good = region_of(3 * LZ_MIB);
    struct lz_region *bad = region_of(3 * LZ_MIB);

    cr_assert(release_region(good));
    cr_assert(release_region(bad));
    lz_region_change(lz_region_base(bad), 4096, LZ_REGION_REMAPPED);
    cr_expect_eq(lz_cache_take_region(3 * LZ_MIB, false), lz_region_base(good));
    cr_expect_eq(lz_stats.regions_freed, 1);
}

Test(cache_regions, the_end_of_the_caches_frees_them)
{
    cr_assert(release_region(region_of(3 * LZ_MIB)));
    lz_cache_stop();
    cr_expect_eq(lz_cache_region_most, 0);
    cr_expect_not(lz_cache_serves_region(3 * LZ_MIB));
    cr_expect_eq(lz_stats.regions_freed, 1);
}

Test(cache_start, no_region_waits_where_the_options_forbid_it)
{
    lz_options.retain = 0;
    start();
    cr_expect_eq(lz_cache_region_most, 0);
}

Test(cache_start, nor_where_address_space_is_limited)
{
    lz_options.retain = LZ_RETAIN_AUTO;
    lz_options.decay_ms = 1000;
    space = LZ_OS_SPACE_LIMITED;
    start();
    cr_expect(lz_cache_is_on());
    cr_expect_eq(lz_cache_region_most, 0);
}

static void
start_with_memory(size_t bytes)
{
    memory = bytes;
    questions = 0;
    lz_options.cpu_cache = 2 * LZ_MIB;
    lz_cache_start();
    turn_on();
}

static void
start_for_16(void)
{
    start_with_memory(64 * 16 * 2 * LZ_MIB);
}

TestSuite(cache_by_cpu, .init = start_for_16);

Test(cache_by_cpu, each_cpu_gets_its_own)
{
    void *p;

    cr_expect_eq(questions, 1);
    cr_expect_eq(lz_cache_count, 16);
    cpu = 3;
    p = lz_cache_allocate(LZ_MIB);
    release(p);
    cpu = 9;
    cr_expect_neq(lz_cache_allocate(LZ_MIB), p);
    cpu = 3;
    cr_expect_eq(lz_cache_allocate(LZ_MIB), p);
}

Test(cache_by_cpu, a_block_that_a_neighbour_freed_is_found)
{
    void *p;

    cpu = 5;
    p = lz_cache_allocate(LZ_MIB);
    release(p);
    cpu = 4;
    cr_expect_eq(lz_cache_allocate(LZ_MIB), p);
}

Test(cache_by_cpu, more_cpus_than_caches_share)
{
    void *p;

    cpu = 3;
    p = lz_cache_allocate(LZ_MIB);
    release(p);
    cpu = 16 + 3;
    cr_expect_eq(lz_cache_allocate(LZ_MIB), p);
}

Test(cache_start, all_together_keep_at_most_a_64th_of_the_memory)
{
    start_with_memory(64 * 3 * 2 * LZ_MIB);
    cr_expect_eq(lz_cache_count, 2);
}

Test(cache_start, a_machine_with_little_memory_has_one)
{
    start_with_memory(64 * LZ_MIB);
    cr_expect_eq(lz_cache_count, 1);
}

Test(cache_start, a_process_with_little_address_space_has_one)
{
    space = LZ_OS_SPACE_LIMITED;
    start_for_16();
    cr_expect_eq(lz_cache_count, 1);
}

Test(cache_start, nobody_is_asked_where_a_question_may_kill)
{
    lz_options.oracle = LZ_ORACLE_MEMSET;
    start_with_memory(64 * 16 * 2 * LZ_MIB);
    cr_expect_eq(questions, 0);
    cr_expect_eq(lz_cache_count, 1);
}

/* The first word of a block says whether somebody has it. */
#define OWNED 0x0ddba11
#define FREED 0xdeadbea7

static bool
own_for_a_moment(size_t n)
{
    unsigned *word = lz_cache_allocate(n);
    bool alone = __atomic_exchange_n(word, OWNED, __ATOMIC_ACQ_REL) != OWNED;

    __atomic_store_n(word, FREED, __ATOMIC_RELEASE);
    release(word);
    return alone;
}

static unsigned shared; /* atomic: how often a block had two owners */

static void
own_many(unsigned number)
{
    for (unsigned i = 0; i < 300000; i++) {
        if (!own_for_a_moment((1 + (i + number) % 2) * LZ_CACHE_LEAST))
            __atomic_fetch_add(&shared, 1, __ATOMIC_RELAXED);
    }
}

Test(cache, no_block_has_two_owners)
{
    run_threads(4, own_many);
    cr_expect_eq(shared, 0);
    lz_cache_flush();
    cr_expect_eq(lz_cache_bytes(), 0);
}
