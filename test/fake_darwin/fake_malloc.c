/* SPDX-License-Identifier: MIT */
/*
 * Fakes of libmalloc's functions, over glibc's allocator. They record who
 * called.
 */
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "fake_darwin.h"
#include "interpose/darwin/darwin.h"

struct fake_malloc fake_malloc;

static malloc_zone_t default_zone;

malloc_zone_t *
malloc_default_zone(void)
{
    return &default_zone;
}

void
malloc_zone_register(malloc_zone_t *zone)
{
    fake_malloc.registered = zone;
}

size_t
malloc_zone_pressure_relief(malloc_zone_t *zone, size_t goal)
{
    (void)zone;
    (void)goal;
    return 0;
}

/* 0 for what is no block: the tests ask only about blocks and NULL. */
size_t
malloc_size(const void *p)
{
    return malloc_usable_size((void *)(uintptr_t)p);
}

size_t
malloc_good_size(size_t n)
{
    fake_malloc.calls++;
    return (n + 15) & ~(size_t)15;
}

void *
reallocf(void *p, size_t n)
{
    fake_malloc.calls++;
    return realloc(p, n);
}

void *
reallocarrayf(void *p, size_t count, size_t size)
{
    fake_malloc.calls++;
    return reallocarray(p, count, size);
}

void
vfree(void *p)
{
    fake_malloc.calls++;
    free(p);
}

void
__bzero(void *p, size_t n)
{
    fake_malloc.calls++;
    memset(p, 0, n);
}

/* ZONE(name): the rest of a function that a zone is named to. */
#define ZONE()           \
    fake_malloc.calls++; \
    fake_malloc.zone = zone

void *
malloc_zone_malloc(malloc_zone_t *zone, size_t n)
{
    ZONE();
    return malloc(n);
}

void *
malloc_zone_calloc(malloc_zone_t *zone, size_t count, size_t n)
{
    ZONE();
    return calloc(count, n);
}

void *
malloc_zone_valloc(malloc_zone_t *zone, size_t n)
{
    ZONE();
    return valloc(n);
}

void *
malloc_zone_memalign(malloc_zone_t *zone, size_t align, size_t n)
{
    ZONE();
    return aligned_alloc(align, n);
}

void *
malloc_zone_realloc(malloc_zone_t *zone, void *p, size_t n)
{
    ZONE();
    return realloc(p, n);
}

void
malloc_zone_free(malloc_zone_t *zone, void *p)
{
    ZONE();
    free(p);
}

void
malloc_zone_batch_free(malloc_zone_t *zone, void **blocks, unsigned count)
{
    ZONE();
    fake_malloc.batch = count;
    for (unsigned i = 0; i < count; i++)
        free(blocks[i]);
}

malloc_zone_t *
malloc_zone_from_ptr(const void *p)
{
    fake_malloc.calls++;
    return p != NULL ? &default_zone : NULL;
}

boolean_t
malloc_zone_claimed_address(malloc_zone_t *zone, void *p)
{
    (void)p;
    ZONE();
    return 0;
}

#define TYPED()          \
    fake_malloc.calls++; \
    fake_malloc.typed++; \
    fake_malloc.type = type

void *
malloc_type_malloc(size_t n, lz_type_id type)
{
    TYPED();
    return malloc(n);
}

void *
malloc_type_calloc(size_t count, size_t n, lz_type_id type)
{
    TYPED();
    return calloc(count, n);
}

void *
malloc_type_valloc(size_t n, lz_type_id type)
{
    TYPED();
    return valloc(n);
}

int
malloc_type_posix_memalign(void **out, size_t align, size_t n, lz_type_id type)
{
    TYPED();
    return posix_memalign(out, align, n);
}

void *
malloc_type_aligned_alloc(size_t align, size_t n, lz_type_id type)
{
    TYPED();
    return aligned_alloc(align, n);
}

void *
malloc_type_realloc(void *p, size_t n, lz_type_id type)
{
    TYPED();
    return realloc(p, n);
}

void
malloc_type_free(void *p, lz_type_id type)
{
    TYPED();
    free(p);
}

void *
malloc_type_zone_malloc(malloc_zone_t *zone, size_t n, lz_type_id type)
{
    TYPED();
    return malloc_zone_malloc(zone, n);
}

void *
malloc_type_zone_calloc(malloc_zone_t *zone, size_t count, size_t n,
                        lz_type_id type)
{
    TYPED();
    return malloc_zone_calloc(zone, count, n);
}

void *
malloc_type_zone_valloc(malloc_zone_t *zone, size_t n, lz_type_id type)
{
    TYPED();
    return malloc_zone_valloc(zone, n);
}

void *
malloc_type_zone_memalign(malloc_zone_t *zone, size_t align, size_t n,
                          lz_type_id type)
{
    TYPED();
    return malloc_zone_memalign(zone, align, n);
}

void *
malloc_type_zone_realloc(malloc_zone_t *zone, void *p, size_t n,
                         lz_type_id type)
{
    TYPED();
    return malloc_zone_realloc(zone, p, n);
}

void
malloc_type_zone_free(malloc_zone_t *zone, void *p, lz_type_id type)
{
    TYPED();
    malloc_zone_free(zone, p);
}
