/* SPDX-License-Identifier: MIT */
/*
 * A malloc zone for our blocks: so libmalloc finds the owner of a pointer
 * that reaches it past the interposed names, and calls our fork handlers.
 *
 * No callback is NULL: batch_malloc, batch_free and reinit_lock were jumped to
 * in other allocators' zones. Version 12, the last whose every member another
 * allocator can supply.
 */
#include "interpose/darwin/darwin.h"

#include <string.h>

#include "control/log.h"
#include "control/stats.h"
#include "front/init.h"
#include "front/route.h"
#include "heap/cache.h"
#include "large/region.h"
#include "os/os.h"

#define VERSION 12

/* Asked about every pointer that libmalloc does not know: 0 for those. */
static size_t
zone_size(malloc_zone_t *zone, const void *p)
{
    (void)zone;
    return lz_interpose_size(p);
}

static void *
zone_malloc(malloc_zone_t *zone, size_t n)
{
    (void)zone;
    return lz_interpose_malloc(n);
}

static void *
zone_calloc(malloc_zone_t *zone, size_t count, size_t n)
{
    (void)zone;
    return lz_interpose_calloc(count, n);
}

static void *
zone_valloc(malloc_zone_t *zone, size_t n)
{
    (void)zone;
    return lz_interpose_valloc(n);
}

static void *
zone_memalign(malloc_zone_t *zone, size_t align, size_t n)
{
    (void)zone;
    return lz_route_allocate(n, align, false);
}

static void *
zone_realloc(malloc_zone_t *zone, void *p, size_t n)
{
    (void)zone;
    return lz_interpose_realloc(p, n);
}

static void
zone_free(malloc_zone_t *zone, void *p)
{
    (void)zone;
    lz_interpose_free(p);
}

static void
zone_free_definite_size(malloc_zone_t *zone, void *p, size_t n)
{
    (void)n;
    zone_free(zone, p);
}

/* Its blocks are the program's, whoever destroys the zone. */
static void
zone_destroy(malloc_zone_t *zone)
{
    (void)zone;
}

static unsigned
zone_batch_malloc(malloc_zone_t *zone, size_t n, void **blocks, unsigned count)
{
    unsigned done = 0;

    while (done < count && (blocks[done] = zone_malloc(zone, n)) != NULL)
        done++;
    return done;
}

static void
zone_batch_free(malloc_zone_t *zone, void **blocks, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        zone_free(zone, blocks[i]);
}

/* What is kept warm goes. At least a page each: the exact sum is not kept. */
static size_t
zone_pressure_relief(malloc_zone_t *zone, size_t goal)
{
    size_t regions;

    (void)zone;
    (void)goal;
    lz_cache_flush();
    regions = lz_region_release_all();
    return regions * lz_os_page_size();
}

/* False positives are allowed, false negatives inside of a block are not. */
static boolean_t
zone_claimed_address(malloc_zone_t *zone, void *p)
{
    (void)zone;
    (void)p;
    return TRUE;
}

/* Tools see the blocks as what they are, mappings with the MALLOC_LARGE tag. */
static kern_return_t
zone_enumerate(task_t task, void *context, unsigned types, vm_address_t zone,
               memory_reader_t reader, vm_range_recorder_t recorder)
{
    (void)task;
    (void)context;
    (void)types;
    (void)zone;
    (void)reader;
    (void)recorder;
    return KERN_SUCCESS;
}

static size_t
zone_good_size(malloc_zone_t *zone, size_t n)
{
    size_t usable = lz_route_nallocx(n == 0 ? 1 : n, 0);

    (void)zone;
    return usable != 0 ? usable : n;
}

static boolean_t
zone_check(malloc_zone_t *zone)
{
    (void)zone;
    return TRUE;
}

static void
zone_statistics(malloc_zone_t *zone, malloc_statistics_t *stats)
{
    uint64_t freed = __atomic_load_n(&lz_stats.regions_freed, __ATOMIC_RELAXED);
    uint64_t got =
        __atomic_load_n(&lz_stats.regions_allocated, __ATOMIC_RELAXED);

    (void)zone;
    memset(stats, 0, sizeof(*stats));
    stats->blocks_in_use = (unsigned)(got - freed);
}

static void
zone_print(malloc_zone_t *zone, boolean_t verbose)
{
    malloc_statistics_t stats;

    (void)verbose;
    zone_statistics(zone, &stats);
    lz_log("zone %p: %zu large blocks in use", (void *)zone,
           (size_t)stats.blocks_in_use);
}

static void
zone_log(malloc_zone_t *zone, void *p)
{
    (void)zone;
    (void)p;
}

/* fork, after the handlers of everybody else, who may allocate in them. */

static void
zone_force_lock(malloc_zone_t *zone)
{
    (void)zone;
    lz_init_fork_prepare();
}

static void
zone_force_unlock(malloc_zone_t *zone)
{
    (void)zone;
    lz_init_fork_parent();
}

static void
zone_reinit_lock(malloc_zone_t *zone)
{
    (void)zone;
    lz_init_fork_child();
}

/* A debugger's question: our locks are held for a few loads and stores. */
static boolean_t
zone_is_locked(malloc_zone_t *zone)
{
    (void)zone;
    return FALSE;
}

static boolean_t
zone_enable_discharge_checking(malloc_zone_t *zone)
{
    (void)zone;
    return FALSE;
}

static void
zone_disable_discharge_checking(malloc_zone_t *zone)
{
    (void)zone;
}

static void
zone_discharge(malloc_zone_t *zone, void *p)
{
    (void)zone;
    (void)p;
}

#ifdef __BLOCKS__
static void
zone_enumerate_discharged(malloc_zone_t *zone, void (^report)(void *, void *))
{
    (void)zone;
    (void)report;
}
#endif

static void
zone_print_task(task_t task, unsigned level, vm_address_t zone,
                memory_reader_t reader, print_task_printer_t printer)
{
    (void)task;
    (void)level;
    (void)zone;
    (void)reader;
    (void)printer;
}

/* Of another process: not without reading its memory. */
static void
zone_task_statistics(task_t task, vm_address_t zone, memory_reader_t reader,
                     malloc_statistics_t *stats)
{
    (void)task;
    (void)zone;
    (void)reader;
    memset(stats, 0, sizeof(*stats));
}

static malloc_introspection_t introspection = {
    .enumerator = zone_enumerate,
    .good_size = zone_good_size,
    .check = zone_check,
    .print = zone_print,
    .log = zone_log,
    .force_lock = zone_force_lock,
    .force_unlock = zone_force_unlock,
    .statistics = zone_statistics,
    .zone_locked = zone_is_locked,
    .enable_discharge_checking = zone_enable_discharge_checking,
    .disable_discharge_checking = zone_disable_discharge_checking,
    .discharge = zone_discharge,
#ifdef __BLOCKS__
    .enumerate_discharged_pointers = zone_enumerate_discharged,
#endif
    .reinit_lock = zone_reinit_lock,
    .print_task = zone_print_task,
    .task_statistics = zone_task_statistics,
};

static malloc_zone_t own_zone = {
    .size = zone_size,
    .malloc = zone_malloc,
    .calloc = zone_calloc,
    .valloc = zone_valloc,
    .free = zone_free,
    .realloc = zone_realloc,
    .destroy = zone_destroy,
    .zone_name = "lazyzero",
    .batch_malloc = zone_batch_malloc,
    .batch_free = zone_batch_free,
    .introspect = &introspection,
    .version = VERSION,
    .memalign = zone_memalign,
    .free_definite_size = zone_free_definite_size,
    .pressure_relief = zone_pressure_relief,
    .claimed_address = zone_claimed_address,
};

malloc_zone_t *
lz_interpose_zone(void)
{
    return &own_zone;
}

void
lz_interpose_zone_register(void)
{
    malloc_zone_register(&own_zone);
}
