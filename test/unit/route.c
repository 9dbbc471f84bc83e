/* SPDX-License-Identifier: MIT */
/* Who serves a request and who owns a block; resizing is in route_resize.c. */
#include "front/route.h"

#include "heap/cache.h"
#include "large/region.h"
#include "route_fixture.h"

WRAPPED(bool, lz_region_free, struct lz_region *region);

static bool lose_free;

bool
__wrap_lz_region_free(struct lz_region *region)
{
    return !lose_free && __real_lz_region_free(region);
}

TestSuite(route, .init = route_start);

/* Every size that a boundary may lie at. */
static const size_t sizes[] = {0,
                               1,
                               8,
                               100,
                               4096,
                               20000,
                               THRESHOLD / 2 - 1,
                               THRESHOLD / 2,
                               THRESHOLD - 1,
                               THRESHOLD,
                               THRESHOLD + 1,
                               2 * THRESHOLD,
                               5 * THRESHOLD + 77,
                               40 * THRESHOLD};

#define SIZES (sizeof(sizes) / sizeof(sizes[0]))

/* Served by the one that should, usable to the last byte. */
static void
expect_served(char *p, size_t n, bool by_region)
{
    EXPECT_ERRNO_KEPT();
    cr_assert_not_null(p, "%zu", n);
    cr_expect_eq(lazyzero_owns(p), by_region, "%zu", n);
    cr_expect_neq(lz_backend_owns(p), by_region, "%zu", n);
    cr_expect_geq(usable(p), n);
    memset(p, 0xA5, usable(p));
    EXPECT_ERRNO_KEPT();
}

Test(route, the_size_decides_who_serves)
{
    for (size_t i = 0; i < SIZES; i++) {
        char *p = lz_route_allocate(sizes[i], 1, false);

        expect_served(p, sizes[i], sizes[i] >= THRESHOLD);
        cr_expect_eq((uintptr_t)p % 8, 0);
        release(p);
    }
}

Test(route, the_two_tests_of_the_fast_path)
{
    void *small = lz_route_allocate(1, 1, false);
    void *large = lz_route_allocate(THRESHOLD, 1, false);

    cr_expect(lz_route_is_small(0));
    cr_expect(lz_route_is_small(LZ_CACHE_LEAST - 1));
    cr_expect_not(lz_route_is_small(LZ_CACHE_LEAST));
    cr_expect_not(lz_route_is_small(SIZE_MAX));
    cr_expect_not(lz_route_is_heap(large));
    cr_expect_not(lz_route_is_heap(NULL));
    cr_expect_eq(lz_route_tag_mask, lz_region_tag_mask());
    cr_expect_eq(lz_route_is_heap(small),
                 ((uintptr_t)small & lz_region_tag_mask()) != 0);
}

Test(route, a_program_that_uses_middle_sizes_gets_the_caches)
{
    void *p = NULL;

    for (int i = 0; i < 70; i++) {
        p = lz_route_malloc(100 * LZ_KIB);
        lz_route_free(p, "free");
    }
    cr_expect_eq(lz_route_tag_mask, lz_os_page_size() - 1);
    cr_expect_not(lz_route_is_heap(p));
    cr_expect_eq(lz_route_malloc(100 * LZ_KIB), p);
    cr_expect_eq(lz_cache_bytes(), 0);
}

Test(route, zeroed_means_every_byte_also_after_use)
{
    for (size_t i = 0; i < SIZES; i++) {
        for (int turn = 0; turn < 3; turn++) {
            char *p = lz_route_allocate(sizes[i], 1, true);

            cr_assert(all_bytes_are(p, sizes[i], 0), "%zu", sizes[i]);
            expect_served(p, sizes[i], sizes[i] >= THRESHOLD);
            release(p);
            release(lz_route_allocate(sizes[i], 1, false));
        }
    }
}

static void
expect_aligned(size_t n, size_t align, bool zero)
{
    char *p = lz_route_allocate(n, align, zero);
    void *q = NULL;

    cr_assert_not_null(p, "%zu at %zu", n, align);
    cr_expect_eq((uintptr_t)p & (align - 1), 0, "%zu at %zu", n, align);
    if (zero)
        cr_expect(all_bytes_are(p, n, 0));
    expect_served(p, n, n >= THRESHOLD);
    release(p);
    if (align < sizeof(void *))
        return;
    cr_expect_eq(lz_route_allocate_at(&q, align, n), 0);
    cr_expect_eq((uintptr_t)q & (align - 1), 0);
    expect_served(q, n, n >= THRESHOLD);
    release(q);
}

Test(route, every_alignment_from_1_byte_to_64_mib)
{
    /* With 32 bits, QEMU takes seconds for a mapping once it has been round. */
    const size_t most = (SIZE_MAX > UINT32_MAX ? 64 : 16) * LZ_MIB;

    for (size_t align = 1; align <= most; align *= 2) {
        expect_aligned(0, align, false);
        expect_aligned(1, align, true);
        expect_aligned(100, align, true);
        expect_aligned(THRESHOLD - 1, align, false);
        expect_aligned(THRESHOLD, align, true);
        expect_aligned(3 * THRESHOLD + 1, align, false);
    }
}

static void
expect_invalid(size_t align, size_t n)
{
    errno = ERRNO_MARK;
    cr_expect_null(lz_route_allocate(n, align, false));
    cr_expect_eq(errno, EINVAL, "%zu", align);
}

static void
expect_invalid_at(size_t align, size_t n)
{
    void *out = &out;

    errno = ERRNO_MARK;
    cr_expect_eq(lz_route_allocate_at(&out, align, n), EINVAL, "%zu", align);
    EXPECT_ERRNO_KEPT();
    cr_expect_eq(out, &out, "touched on failure");
}

Test(route, alignments_that_are_none)
{
    static const size_t bad[] = {0,    3,          6,        24,
                                 4095, LZ_MIB + 1, SIZE_MAX, SIZE_MAX - 1};

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        expect_invalid(bad[i], 10);
        expect_invalid(bad[i], 2 * THRESHOLD);
        expect_invalid_at(bad[i], 10);
        expect_invalid_at(bad[i], 2 * THRESHOLD);
    }
    for (size_t align = 1; align < sizeof(void *); align *= 2) {
        expect_invalid_at(align, 10);
        expect_invalid_at(align, 2 * THRESHOLD);
    }
}

static void
expect_enomem(size_t n, size_t align)
{
    void *out = &out;

    errno = 0;
    cr_expect_null(lz_route_allocate(n, align, true));
    cr_expect_eq(errno, ENOMEM, "%zu at %zu", n, align);
    errno = ERRNO_MARK;
    cr_expect_eq(lz_route_allocate_at(&out, align < 8 ? 8 : align, n), ENOMEM);
    EXPECT_ERRNO_KEPT();
    cr_expect_eq(out, &out, "touched on failure");
    cr_expect_null(lz_route_mallocx(n, lz_backend_flags(align, false)));
}

Test(route, impossible_requests_are_enomem)
{
    static const size_t huge[] = {SIZE_MAX, SIZE_MAX - 4095, LZ_SIZE_LIMIT + 1,
                                  TOO_LARGE, TOO_LARGE - 4096};

    for (size_t i = 0; i < sizeof(huge) / sizeof(huge[0]); i++) {
        expect_enomem(huge[i], 1);
        expect_enomem(huge[i], 4096);
        expect_enomem(huge[i], 64 * LZ_MIB);
    }
    /* With 32 bits, jemalloc may find such an address. */
    if (IS_WIDE)
        expect_enomem(THRESHOLD, LZ_SIZE_LIMIT / 2 + 1);
    expect_enomem(THRESHOLD, LZ_SIZE_LIMIT + 1);
    expect_enomem(100, LZ_SIZE_LIMIT + 1);
}

/* A refused mapping: jemalloc serves, and everything goes by the address. */
static char *
allocate_refused(size_t n, size_t align, bool zero)
{
    char *p;

    refuse_regions();
    p = lz_route_allocate(n, align, zero);
    fake_os.refuse = false;
    cr_assert_not_null(p);
    EXPECT_ERRNO_KEPT();
    cr_expect_not(lazyzero_owns(p));
    cr_expect(lz_backend_owns(p));
    return p;
}

Test(route, a_refused_mapping_is_served_by_jemalloc)
{
    for (size_t align = 1; align <= 4 * LZ_MIB; align *= 2) {
        char *p = allocate_refused(3 * THRESHOLD, align, true);

        cr_expect_eq((uintptr_t)p & (align - 1), 0);
        cr_expect(all_bytes_are(p, 3 * THRESHOLD, 0));
        cr_expect_geq(usable(p), 3 * THRESHOLD);
        memset(p, 0xA5, usable(p));
        release(p);
    }
    cr_expect_eq(lz_stats.regions_allocated, 0);
    cr_expect_eq(lz_stats.refused, 23);
}

Test(route, nothing_left_at_all_is_enomem)
{
    void *out = NULL;

    fake_heap_refuses = true;
    refuse_regions();
    errno = 0;
    cr_expect_null(lz_route_allocate(500 * LZ_MIB, 1, false));
    cr_expect_eq(errno, ENOMEM);
    errno = ERRNO_MARK;
    cr_expect_eq(lz_route_allocate_at(&out, 64, 500 * LZ_MIB), ENOMEM);
    EXPECT_ERRNO_KEPT();
    cr_expect_null(out);
    cr_expect_null(lz_route_mallocx(500 * LZ_MIB, 0));
    cr_expect_eq(lz_stats.refused, 3);
}

/* 7 MiB in 64 KiB steps: a region, then one shrunk below the threshold. */
Test(route, a_shrunk_region_is_still_freed_as_one)
{
    for (size_t n = THRESHOLD; n >= THRESHOLD / 2; n -= 64 * LZ_KIB) {
        char *p = lz_route_allocate(7 * THRESHOLD, 1, false);

        cr_expect_eq((char *)lz_route_realloc(p, n), p);
        cr_expect(lazyzero_owns(p));
        cr_expect_geq(usable(p), n);
        release(p);
        cr_expect_not(lazyzero_owns(p));
    }
    cr_expect_eq(lz_stats.regions_freed, lz_stats.regions_allocated);
    expect_no_leak();
}

Test(route, null_is_no_block)
{
    lz_route_free(NULL, "free");
    cr_expect_eq(usable(NULL), 0);
    EXPECT_ERRNO_KEPT();
}

Test(route, owns_tells_bases_of_regions_from_all_else)
{
    char *large = lz_route_allocate(2 * THRESHOLD, 1, false);
    char *small = lz_route_allocate(100, 1, false);

    errno = ERRNO_MARK;
    cr_expect_eq(lazyzero_owns(large), 1);
    cr_expect_eq(lazyzero_owns(large + 1), 0);
    cr_expect_eq(lazyzero_owns(large + THRESHOLD), 0);
    cr_expect_eq(lazyzero_owns(small), 0);
    cr_expect_eq(lazyzero_owns(NULL), 0);
    cr_expect_eq(lazyzero_owns((void *)UINTPTR_MAX), 0);
    EXPECT_ERRNO_KEPT();
    release(large);
    cr_expect_eq(lazyzero_owns(large), 0);
}

static void
expect_mallocx(size_t n, int flags)
{
    char *p = lz_route_mallocx(n, flags);

    cr_expect_eq((uintptr_t)p & (lz_backend_align(flags) - 1), 0);
    cr_expect_eq(usable(p), lz_route_nallocx(n, flags), "%zu", n);
    if ((flags & LZ_MALLOCX_ZERO) != 0)
        cr_expect(all_bytes_are(p, usable(p), 0));
    expect_served(p, n, n >= THRESHOLD);
    release(p);
}

Test(route, mallocx_gives_what_nallocx_tells)
{
    for (size_t i = 1; i < SIZES; i++) {
        for (size_t align = 1; align <= 8 * LZ_MIB; align *= 8) {
            expect_mallocx(sizes[i], lz_backend_flags(align, false));
            expect_mallocx(sizes[i], lz_backend_flags(align, true));
        }
    }
    cr_expect_eq(lz_route_nallocx(SIZE_MAX, 0), 0);
    cr_expect_eq(lz_route_nallocx(LZ_SIZE_LIMIT + 1, 0), 0);
}

Test(route, a_block_for_an_arena_is_jemallocs_whatever_its_size)
{
    const int arena_0 = 1 << LZ_MALLOCX_ARENA_SHIFT;
    char *p = lz_route_mallocx(3 * THRESHOLD, arena_0 | LZ_MALLOCX_ZERO);

    cr_expect(all_bytes_are(p, 3 * THRESHOLD, 0));
    expect_served(p, 3 * THRESHOLD, false);
    cr_expect_eq(usable(p), lz_route_nallocx(3 * THRESHOLD, arena_0));
    p = lz_route_rallocx(p, 9 * THRESHOLD, arena_0);
    expect_served(p, 9 * THRESHOLD, false);
    release(p);
}

Test(route, trim_keeps_errno)
{
    release(lz_route_allocate(300000, 1, false));
    cr_expect_eq(lz_route_trim(), 1);
    EXPECT_ERRNO_KEPT();
}

/* Misuse. An address without the tag, so that it could be a region's. */
static void *
foreign(void)
{
    return (void *)((uintptr_t)1 << 30);
}

#define FOREIGN_LINE(call)                                              \
    "liblazyzero: " call "(0x40000000): not an allocated block (freed " \
    "before, or never allocated); stopping\n"

static void
free_it(void *p)
{
    lz_route_free(p, "free");
}

static void
ask_for_its_size(void *p)
{
    (void)lz_route_usable(p, "malloc_usable_size");
}

static void
realloc_it(void *p)
{
    (void)lz_route_realloc(p, 10);
}

static void
realloc_it_to_nothing(void *p)
{
    (void)lz_route_realloc(p, 0);
}

static void
rallocx_it(void *p)
{
    (void)lz_route_rallocx(p, 10, 0);
}

static void
xallocx_it(void *p)
{
    (void)lz_route_xallocx(p, 10, 0, 0);
}

Test(route, a_pointer_that_is_no_block_stops_the_program)
{
    expect_abort(free_it, foreign(), FOREIGN_LINE("free"));
    expect_abort(ask_for_its_size, foreign(),
                 FOREIGN_LINE("malloc_usable_size"));
    expect_abort(realloc_it, foreign(), FOREIGN_LINE("realloc"));
    expect_abort(realloc_it_to_nothing, foreign(), FOREIGN_LINE("realloc"));
    expect_abort(rallocx_it, foreign(), FOREIGN_LINE("rallocx"));
    expect_abort(xallocx_it, foreign(), FOREIGN_LINE("xallocx"));
}

static void
free_twice(void *p)
{
    lz_route_free(p, "free");
    lz_route_free(p, "operator delete");
}

Test(route, a_second_free_of_a_region_stops_the_program)
{
    char line[256], *p = lz_route_allocate(THRESHOLD, 1, false);

    snprintf(line, sizeof(line),
             "liblazyzero: operator delete(%p): not an allocated block (freed "
             "before, or never allocated); stopping\n",
             (void *)p);
    expect_abort(free_twice, p, line);
}

Test(route, a_free_that_lost_a_race_stops_the_program)
{
    char line[256], *p = lz_route_allocate(THRESHOLD, 1, false);

    snprintf(line, sizeof(line),
             "liblazyzero: free(%p): two threads free this block; stopping\n",
             (void *)p);
    lose_free = true;
    expect_abort(free_it, p, line);
}

#define LIVE 16

/* Small and large blocks of several threads, marked at both ends. */
static void
churn(unsigned number)
{
    unsigned char *blocks[LIVE] = {NULL}, mark = (unsigned char)(number + 1);
    uint32_t random = number;

    for (unsigned i = 0; i < 2000; i++) {
        unsigned char **block = &blocks[i % LIVE];
        size_t n;

        random = random * 1664525 + 1013904223;
        n = (random >> 8) % (2 * THRESHOLD) + 1;
        if (*block != NULL) {
            cr_assert_eq((*block)[0], mark);
            cr_assert_eq((*block)[usable(*block) - 1], mark);
            lz_route_free(*block, "free");
        }
        *block = lz_route_allocate(n, 1, true);
        cr_assert_eq((*block)[0] | (*block)[n - 1], 0);
        (*block)[0] = (*block)[usable(*block) - 1] = mark;
    }
}

Test(route, threads_do_not_meet)
{
    run_threads(4, churn);
    cr_expect_gt(lz_stats.regions_allocated, 1000);
}
