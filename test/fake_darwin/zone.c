/* SPDX-License-Identifier: MIT */
/* The zone, called as libmalloc and its tools do. */
#include "fake_darwin.h"
#include "interpose/darwin/darwin.h"
#include "large/pool.h"
#include "large/region.h"
#include "lazyzero/lazyzero.h"
#include "support.h"

#define LARGE (3 * LZ_MIB + 100)

static malloc_zone_t *zone;

static void
set_up(void)
{
    zone = fake_malloc.registered;
    cr_assert_not_null(zone);
    lz_interpose_free(lz_interpose_malloc(LARGE));
}

TestSuite(zone, .init = set_up);

/* Any of them NULL is a jump to 0 in some process some day. */
Test(zone, no_callback_is_null)
{
    static malloc_introspection_t none;
    void *callbacks[sizeof(none) / sizeof(void *)];

    cr_expect_eq(zone, lz_interpose_zone());
    cr_expect_str_eq(zone->zone_name, "lazyzero");
    cr_expect(zone->version >= 9 && zone->version <= 12);
    memcpy(callbacks, zone->introspect, sizeof(none));
    for (size_t i = 0; i < sizeof(callbacks) / sizeof(callbacks[0]); i++)
        cr_expect_not_null(callbacks[i], "introspection %zu", i);
    cr_expect(zone->size && zone->malloc && zone->calloc && zone->valloc &&
              zone->free && zone->realloc && zone->destroy &&
              zone->batch_malloc && zone->batch_free && zone->memalign &&
              zone->free_definite_size && zone->pressure_relief &&
              zone->claimed_address);
}

Test(zone, the_size_of_what_is_not_ours_is_0)
{
    void *small = malloc(100), *large = zone->malloc(zone, LARGE);
    int local;

    cr_expect_geq(zone->size(zone, large), LARGE);
    cr_expect_eq(zone->size(zone, small), 0);
    cr_expect_eq(zone->size(zone, &local), 0);
    cr_expect_eq(zone->size(zone, NULL), 0);
    cr_expect_eq(zone->size(zone, (char *)large + 16), 0);
    cr_expect(zone->claimed_address(zone, large));
    zone->free(zone, large);
    cr_expect_eq(zone->size(zone, large), 0);
    free(small);
}

/* Any size: a program may ask for a block in the zone of another block. */
Test(zone, serves_every_size)
{
    static const size_t sizes[] = {1, 1000, LARGE};

    for (size_t i = 0; i < 3; i++) {
        size_t n = sizes[i];
        char *p = zone->malloc(zone, n);

        memset(p, 0xA5, n);
        zone->free(zone, p);
        p = zone->calloc(zone, n, 1);
        cr_expect(all_bytes_are(p, n, 0));
        p = zone->realloc(zone, p, n + LARGE);
        cr_expect(all_bytes_are(p, n, 0));
        p = zone->realloc(zone, p, 10);
        zone->free_definite_size(zone, p, 10);
        p = zone->memalign(zone, 4096, n);
        cr_expect_eq((uintptr_t)p % 4096, 0);
        zone->free(zone, p);
        zone->free(zone, zone->valloc(zone, n));
    }
}

Test(zone, batches)
{
    void *blocks[4];

    cr_assert_eq(zone->batch_malloc(zone, LARGE, blocks, 4), 4);
    for (int i = 0; i < 4; i++)
        cr_expect(lazyzero_owns(blocks[i]));
    zone->batch_free(zone, blocks, 4);
    for (int i = 0; i < 4; i++)
        cr_expect_not(lazyzero_owns(blocks[i]));
    cr_expect_eq(zone->batch_malloc(zone, SIZE_MAX / 2 + 1, blocks, 4), 0);
}

Test(zone, pressure_releases_what_is_warm)
{
    zone->free(zone, zone->malloc(zone, LARGE));
    cr_assert_not(lz_region_pool_is_empty());
    cr_expect_gt(zone->pressure_relief(zone, 0), 0);
    cr_expect(lz_region_pool_is_empty());
    cr_expect_eq(zone->pressure_relief(zone, 0), 0);
}

Test(zone, statistics)
{
    malloc_statistics_t before, after;
    void *p;

    zone->introspect->statistics(zone, &before);
    p = zone->malloc(zone, LARGE);
    zone->introspect->statistics(zone, &after);
    cr_expect_eq(after.blocks_in_use, before.blocks_in_use + 1);
    zone->free(zone, p);
    zone->introspect->statistics(zone, &after);
    cr_expect_eq(after.blocks_in_use, before.blocks_in_use);
    cr_expect_gt(zone->introspect->good_size(zone, 0), 0);
    cr_expect_eq(zone->introspect->good_size(zone, LARGE),
                 lz_region_usable_for(LARGE));
    cr_expect_eq(zone->introspect->check(zone), TRUE);
    cr_expect_eq(zone->introspect->enumerator(0, NULL, 1, 0, NULL, NULL), 0);
}

static void
allocate_and_check(void)
{
    static const size_t sizes[] = {100, 50000, LARGE};

    for (size_t i = 0; i < 3; i++) {
        size_t n = sizes[i];
        unsigned char *p = zone->malloc(zone, n);

        memset(p, 0xA5, n);
        zone->free(zone, p);
        p = zone->calloc(zone, 1, n);
        if (!all_bytes_are(p, n, 0))
            _exit(2);
        zone->free(zone, p);
    }
}

static bool stop;

static void
churn(unsigned number)
{
    pid_t child;
    int status;

    while (number != 0 && !__atomic_load_n(&stop, __ATOMIC_RELAXED))
        allocate_and_check();
    for (int i = 0; number == 0 && i < 50; i++) {
        zone->introspect->force_lock(zone);
        child = fork();
        if (child == 0) {
            zone->introspect->reinit_lock(zone);
            alarm(20);
            allocate_and_check();
            _exit(0);
        }
        zone->introspect->force_unlock(zone);
        cr_assert_eq(waitpid(child, &status, 0), child);
        cr_expect_eq(status, 0);
    }
    if (number == 0)
        __atomic_store_n(&stop, true, __ATOMIC_RELAXED);
}

/* libmalloc's order around fork, while another thread allocates. */
Test(zone, fork_while_a_thread_allocates)
{
    run_threads(2, churn);
}
