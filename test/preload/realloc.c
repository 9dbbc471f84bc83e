/* SPDX-License-Identifier: MIT */
/*
 * Resizing keeps every byte, on both sides of the threshold and across it; and
 * a block whose size belongs to the other side is still its owner's.
 */
#include <string.h>
#include <sys/mman.h>

#include "blocks.h"
#include "limit.h"
#include "names.h"
#include "needs.h"

PRELOAD_SUITE(realloc_);

#define SEED UINT64_C(0x5bd1e9955bd1e995)

/*
 * Keeps the run with a threshold of 12 MiB within seconds: the first two differ
 * in what they promise, the others only in their names.
 */
static size_t
resizers_to_try(void)
{
    return threshold() > 8 * MIB ? 2 : COUNT(resizers);
}

/* A block with contents, and how it is resized. */
struct chain {
    const struct resizer *resizer;
    void *p;
    size_t n;
};

static struct chain
begin(const struct resizer *resizer, size_t n)
{
    struct chain chain = {resizer, malloc(n), n};

    pattern_fill(chain.p, 0, n, SEED);
    return chain;
}

static void
check_contents(const struct chain *chain, size_t n)
{
    size_t at = pattern_check(chain->p, n, SEED);

    cr_assert_eq(at, n, "%s from %zu: byte %zu of %zu is lost",
                 chain->resizer->name, chain->n, at, n);
}

/* One step: what both sizes have must be kept, and all of it usable. */
static void
resize_to(struct chain *chain, size_t n)
{
    size_t kept = smaller_of(chain->n, n);

    errno = ODD_ERRNO;
    chain->p = chain->resizer->resize(chain->p, n);
    cr_assert_eq(errno, ODD_ERRNO, "%s set errno", chain->resizer->name);
    cr_assert_not_null(chain->p, "%s(%zu)", chain->resizer->name, n);
    cr_assert(malloc_usable_size(chain->p) >= n);
    check_contents(chain, kept);
    pattern_fill(chain->p, kept, n, SEED);
    chain->n = n;
}

static void
end(struct chain *chain)
{
    check_contents(chain, chain->n);
    free(chain->p);
}

Test(realloc_, doubling_to_256_mib_and_halving_back)
{
    for (size_t i = 0; i < COUNT(resizers); i++) {
        struct chain chain = begin(&resizers[i], 1);

        for (size_t n = 2; n <= 256 * MIB; n *= 2)
            resize_to(&chain, n);
        for (size_t n = 128 * MIB; n >= 1; n /= 2)
            resize_to(&chain, n);
        end(&chain);
    }
}

Test(realloc_, odd_steps_up_and_down)
{
    struct chain chain = begin(&resizers[0], 3);

    while (chain.n < 200 * MIB)
        resize_to(&chain, chain.n * 8 / 5 + 13);
    while (chain.n > 13)
        resize_to(&chain, chain.n * 3 / 7);
    end(&chain);
}

/* As a program that appends to a growing buffer. */
Test(realloc_, small_steps_around_the_threshold)
{
    const size_t edge = threshold(), step = edge / 64 + 7;

    for (size_t i = 0; i < resizers_to_try(); i++) {
        struct chain chain = begin(&resizers[i], edge - 16 * step);

        for (size_t k = 0; k < 32; k++)
            resize_to(&chain, chain.n + step);
        for (size_t k = 0; k < 48; k++)
            resize_to(&chain, chain.n - step);
        end(&chain);
    }
}

Test(realloc_, jumps_across_the_threshold_both_ways)
{
    const size_t edge = threshold();
    const size_t sizes[] = {1,        edge,         100,      3 * edge,
                            edge - 1, edge,         edge - 1, edge / 2,
                            2 * edge, edge / 2 - 1, edge + 1, edge / 2 + 1,
                            edge / 4, 4 * edge,     4096,     edge + 4096,
                            edge,     edge + 4095,  1};

    for (size_t i = 0; i < resizers_to_try(); i++) {
        struct chain chain = begin(&resizers[i], 10);

        for (size_t k = 0; k < COUNT(sizes); k++)
            resize_to(&chain, sizes[k]);
        end(&chain);
    }
}

/* Neighbours must not be what a block grows into. */
Test(realloc_, neighbours_keep_their_contents)
{
    enum { CHAINS = 12 };
    const size_t unit = threshold() / 4 + 1000;
    struct chain chains[CHAINS];

    for (size_t i = 0; i < CHAINS; i++)
        chains[i] = begin(&resizers[i % COUNT(resizers)], unit);
    for (size_t turn = 0; turn < 6; turn++) {
        for (size_t i = 0; i < CHAINS; i++)
            resize_to(&chains[i], unit * (1 + (i + turn * 5) % 6));
    }
    for (size_t i = 0; i < CHAINS; i++)
        end(&chains[i]);
}

static void
check_aligned(size_t align, size_t from, size_t to)
{
    void *p = aligned_alloc(align, from);
    size_t kept = smaller_of(from, to);

    pattern_fill(p, 0, from, align);
    p = realloc(p, to);
    cr_assert_eq(pattern_check(p, kept, align), kept, "%zu: %zu to %zu", align,
                 from, to);
    p = rallocx(p, from, MALLOCX_ALIGN(align));
    cr_assert_eq((uintptr_t)p % align, 0, "%zu: %zu to %zu", align, to, from);
    cr_assert_eq(pattern_check(p, kept, align), kept, "%zu: %zu to %zu", align,
                 to, from);
    dallocx(p, MALLOCX_ALIGN(align));
}

Test(realloc_, aligned_blocks_keep_their_contents)
{
    const size_t edge = threshold();
    const size_t sizes[] = {100, 40000, edge - 1, edge, edge + edge / 2};
    const size_t factor = edge > 16 * MIB ? 4096 : 4;

    for (size_t align = 1; align <= 64 * MIB; align *= factor) {
        for (size_t i = 0; i < COUNT(sizes); i++) {
            for (size_t k = 0; k < COUNT(sizes); k++)
                check_aligned(align, sizes[i], sizes[k]);
        }
    }
}

/* Down to half of the threshold a region stays what it is. */
Test(realloc_, a_shrunk_region_stays_a_region_to_half)
{
    for (size_t i = 0; i < COUNT(resizers); i++) {
        void *p = resizers[i].resize(malloc(threshold()), threshold() / 2);

        cr_assert(lazyzero_owns(p), "%s", resizers[i].name);
        p = resizers[i].resize(p, threshold() / 2 - 1);
        cr_assert_not(lazyzero_owns(p), "%s", resizers[i].name);
        p = resizers[i].resize(p, threshold() - 1);
        cr_assert_not(lazyzero_owns(p), "%s", resizers[i].name);
        p = resizers[i].resize(p, threshold());
        cr_assert(lazyzero_owns(p), "%s", resizers[i].name);
        free(p);
    }
}

/* A region of n bytes, n below the threshold. */
static void *
shrunk_region(size_t n)
{
    void *p = realloc(malloc(2 * threshold()), n);

    cr_assert(lazyzero_owns(p));
    pattern_fill(p, 0, n, SEED);
    return p;
}

/* A block of jemalloc's, at least as large as the threshold. */
static void *
heap_block(size_t n)
{
    void *p = mallocx(n, MALLOCX_ARENA(0));

    cr_assert_not_null(p);
    cr_assert_not(lazyzero_owns(p));
    pattern_fill(p, 0, n, SEED);
    return p;
}

/* Freed past the thread's cache, they end with their arena. */
Test(realloc, what_is_freed_past_the_cache_is_not_handed_out_after_a_reset)
{
    static void *blocks[4096];
    const size_t n = 4096;
    unsigned arena, owner;
    size_t length = sizeof(arena);
    char reset[64];

    cr_assert_eq(mallctl("arenas.create", &arena, &length, NULL, 0), 0);
    for (size_t i = 0; i < COUNT(blocks); i++)
        blocks[i] = mallocx(n, MALLOCX_ARENA(arena) | MALLOCX_TCACHE_NONE);
    for (size_t i = 0; i < COUNT(blocks); i++) {
        if (i % 3 == 0)
            dallocx(blocks[i], MALLOCX_TCACHE_NONE);
        else if (i % 3 == 1)
            sdallocx(blocks[i], n, MALLOCX_TCACHE_NONE);
        else
            dallocx(rallocx(blocks[i], threshold(), MALLOCX_TCACHE_NONE), 0);
    }
    snprintf(reset, sizeof(reset), "arena.%u.reset", arena);
    cr_assert_eq(mallctl(reset, NULL, NULL, NULL, 0), 0);
    for (size_t i = 0; i < COUNT(blocks); i++) {
        blocks[i] = malloc(n);
        length = sizeof(owner);
        cr_assert_eq(mallctl("arenas.lookup", &owner, &length, &blocks[i],
                             sizeof(blocks[i])),
                     0);
        cr_expect_neq(owner, arena);
    }
    for (size_t i = 0; i < COUNT(blocks); i++)
        free(blocks[i]);
}

Test(realloc, to_an_arena_that_is_named)
{
    unsigned arena, owner;
    size_t length = sizeof(arena);
    void *p = malloc(2 * threshold());

    cr_assert_eq(mallctl("arenas.create", &arena, &length, NULL, 0), 0);
    p = rallocx(p, 4096, MALLOCX_ARENA(arena) | MALLOCX_TCACHE_NONE);
    length = sizeof(owner);
    cr_assert_eq(mallctl("arenas.lookup", &owner, &length, &p, sizeof(p)), 0);
    cr_expect_eq(owner, arena);
    dallocx(p, MALLOCX_TCACHE_NONE);
}

typedef void *(*source)(size_t n);

/* Everything that may be done with a block, whatever its size says. */
static void
check_every_free(source make, size_t n)
{
    for (size_t i = 0; i < COUNT(freers); i++) {
        void *p = make(n);

        errno = ODD_ERRNO;
        freers[i].release(p, 1, n);
        cr_assert_eq(errno, ODD_ERRNO, "%s", freers[i].name);
        cr_assert_not(lazyzero_owns(p), "%s", freers[i].name);
    }
}

static void
check_every_resize(source make, size_t n)
{
    const size_t edge = threshold();
    const size_t sizes[] = {1, 40000,    edge / 2 - 1, edge / 2,
                            n, edge - 1, edge,         3 * edge / 2};

    for (size_t i = 0; i < resizers_to_try(); i++) {
        for (size_t k = 0; k < COUNT(sizes); k++) {
            struct chain chain = {&resizers[i], make(n), n};

            resize_to(&chain, sizes[k]);
            end(&chain);
        }
    }
}

static void
check_every_question(source make, size_t n)
{
    void *p = make(n);

    errno = ODD_ERRNO;
    cr_assert(malloc_usable_size(p) >= n);
    cr_assert_eq(sallocx(p, 0), malloc_usable_size(p));
    cr_assert_eq(xallocx(p, n, 0, 0), malloc_usable_size(p));
    cr_assert(xallocx(p, n, n / 8, 0) >= n);
    cr_assert(malloc_usable_size(p) >= n);
    cr_assert_eq(errno, ODD_ERRNO);
    cr_assert_eq(pattern_check(p, n, SEED), n);
    sdallocx(p, malloc_usable_size(p), 0);
}

static void
check_every_use(source make, size_t n)
{
    check_every_free(make, n);
    check_every_resize(make, n);
    check_every_question(make, n);
}

Test(realloc_, a_region_below_the_threshold_takes_every_call)
{
    check_every_use(shrunk_region, threshold() / 2);
    check_every_use(shrunk_region, threshold() - 1);
}

Test(realloc_, a_heap_block_above_the_threshold_takes_every_call)
{
    check_every_use(heap_block, threshold());
    check_every_use(heap_block, threshold() + threshold() / 4 + 1);
}

/* Another way to one: xallocx takes it over the threshold, where it lies. */
static void *
extended_block(size_t n)
{
    void *p = heap_block(2 * n);

    cr_assert(xallocx(p, n / 2, 0, 0) < n, "not shrunk in place");
    cr_assert(xallocx(p, n, 0, 0) >= n, "not grown in place");
    cr_assert_not(lazyzero_owns(p));
    pattern_fill(p, 0, n, SEED);
    return p;
}

Test(realloc_, a_heap_block_that_grew_in_place_takes_every_call)
{
    /* jemalloc resizes in place from four pages up, of 64 KiB at most. */
    size_t least = (size_t)1 << 20;

    check_every_use(extended_block, threshold() < least ? least : threshold());
}

/*
 * Freed side by side they merge: jemalloc then holds free room for n bytes, and
 * until it is trimmed also where it retains nothing (32 bits).
 */
static void
fill_the_heap_with_room(size_t n)
{
    enum { BLOCKS = 16 };
    const size_t each = threshold() - 1;
    void *blocks[BLOCKS];
    size_t made = 0;

    malloc_trim(0);
    while (made < BLOCKS && made * each < 2 * n + 4 * MIB) {
        blocks[made] = malloc(each);
        memset(blocks[made++], 0xa5, each);
    }
    while (made > 0)
        free(blocks[--made]);
}

/* The way that programs meet: the system refuses a mapping. */
static void *
refused_block(size_t n)
{
    void *p;

    fill_the_heap_with_room(n);
    limit_mappings(0);
    errno = ODD_ERRNO;
    p = malloc(n);
    cr_assert_eq(errno, ODD_ERRNO);
    allow_mappings();
    cr_assert_not_null(p);
    cr_assert_not(lazyzero_owns(p));
    pattern_fill(p, 0, n, SEED);
    return p;
}

Test(realloc_, a_heap_block_for_a_refused_mapping_takes_every_call,
     NEEDS_KERNEL)
{
    check_every_use(refused_block, threshold());
}

/* The same for calloc, which finds memory that was written to. */
Test(realloc_, calloc_for_a_refused_mapping_is_zero, NEEDS_KERNEL)
{
    const size_t n = threshold();
    void *p;

    fill_the_heap_with_room(n);
    limit_mappings(0);
    p = calloc(1, n);
    allow_mappings();
    cr_assert_not_null(p);
    cr_assert_not(lazyzero_owns(p));
    cr_assert_eq(value_check(p, 0, malloc_usable_size(p), 0),
                 malloc_usable_size(p));
    free(p);
}

Test(realloc_, xallocx_of_a_region_stays_in_place)
{
    const size_t edge = threshold();
    unsigned char *p = malloc(2 * edge + 1);
    size_t usable = malloc_usable_size(p);

    pattern_fill(p, 0, usable, SEED);
    cr_assert_eq(xallocx(p, PTRDIFF_MAX / 2, 0, 0), usable, "no room for that");
    cr_assert_eq(xallocx(p, edge, 0, 0), edge);
    cr_assert_eq(pattern_check(p, edge, SEED), edge);
    cr_assert_eq(xallocx(p, edge, SIZE_MAX - edge, 0), sallocx(p, 0));
    cr_assert(sallocx(p, 0) >= edge);
    cr_assert_eq(pattern_check(p, edge, SEED), edge);
    pattern_fill(p, 0, sallocx(p, 0), SEED);
    cr_assert(lazyzero_owns(p));
    dallocx(p, 0);
}

/*
 * mremap moves one kernel mapping, and a program that changes the protection of
 * a part has made three of one: then the contents are copied. (QEMU 7.2 takes
 * the pages from such a mapping of a 32-bit program when it refuses to move
 * it.)
 */
Test(realloc_, growth_of_a_region_that_the_program_split, NEEDS_KERNEL)
{
    const size_t n = threshold() + 64 * KIB;
    char *p = malloc(n), *q;

    pattern_fill(p, 0, n, SEED);
    q = (char *)(((uintptr_t)p + n / 2) & ~(uintptr_t)65535);
    cr_assert_eq(mprotect(q, 16 * KIB, PROT_READ), 0);
    p = realloc(p, 20 * n);
    cr_assert_not_null(p);
    cr_assert_eq(pattern_check(p, n, SEED), n);
    free(p);
}

Test(realloc_, growth_of_a_region_with_advice_on_a_part)
{
    const size_t n = 4 * MIB + threshold();
    char *p = malloc(n), *q;

    pattern_fill(p, 0, n, SEED);
    q = (char *)(((uintptr_t)p + n / 2) & ~(uintptr_t)65535);
    cr_assert_eq(madvise(q, 64 * KIB, MADV_DONTDUMP), 0);
    p = realloc(p, 10 * n);
    cr_assert_not_null(p);
    cr_assert_eq(pattern_check(p, n, SEED), n);
    pattern_fill(p, n, 10 * n, SEED);
    cr_assert_eq(pattern_check(p, 10 * n, SEED), 10 * n);
    free(p);
}
