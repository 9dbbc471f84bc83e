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

/* One writes what it got, all over, and looks whether another one does too. */
static void *
use(void *number)
{
    unsigned seed = (unsigned)(uintptr_t)number;
    unsigned char mark = (unsigned char)(uintptr_t)number;

    for (int i = 0; i < 20000; i++) {
        size_t n =
            LZ_CACHE_LEAST + (size_t)rand_r(&seed) % (4 * LZ_CACHE_LEAST);
        void *block = lz_cache_allocate(n);
        volatile unsigned char *p = block;

        for (size_t at = 0; at < n; at += 4096)
            p[at] = mark;
        for (size_t at = 0; at < n; at += 4096) {
            if (p[at] != mark)
                return NULL;
        }
        release(block);
    }
    return number;
}

Test(cache, no_block_has_two_owners)
{
    pthread_t threads[4];
    void *result;

    for (uintptr_t i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, use, (void *)(i + 1));
    for (uintptr_t i = 0; i < 4; i++) {
        pthread_join(threads[i], &result);
        cr_expect_eq(result, (void *)(i + 1));
    }
}
