/* SPDX-License-Identifier: MIT */
/*
 * With jemalloc inside, a pointer has one of three owners. None is taken for
 * another.
 */
#include "fake_darwin.h"
#include "heap/backend.h"
#include "heap/live.h"
#include "interpose/darwin/darwin.h"
#include "large/index.h"
#include "lazyzero/lazyzero.h"
#include "support.h"

#include <malloc.h>
#include <signal.h>

#define LARGE (3 * LZ_MIB + 100)

/* What jemalloc says of a pointer that is not its own, told to find one out. */
static const void *stranger;

size_t __real_je_sallocx(const void *p, int flags);
size_t __wrap_je_sallocx(const void *p, int flags);

size_t
__wrap_je_sallocx(const void *p, int flags)
{
    return p == stranger ? 0 : __real_je_sallocx(p, flags);
}

static void *
replace(const char *name, const void *replacee)
{
    for (size_t i = 0; i < lz_interpose_count(); i++) {
        if (lz_interpose_table[i].replacee == replacee)
            return (void *)(uintptr_t)lz_interpose_table[i].replacement;
    }
    cr_assert_fail("%s is not in the table", name);
    return NULL;
}
#define CALL(name) ((__typeof__(&name))replace(#name, (const void *)&name))

static void
start(void)
{
    CALL(free)(CALL(malloc)(1));
}

TestSuite(jemalloc_darwin, .init = start);

Test(jemalloc_darwin, small_blocks_are_jemallocs)
{
    static const size_t sizes[] = {1, 100, 5000, 50000, LZ_MIB};

    for (size_t i = 0; i < 5; i++) {
        void *p = CALL(malloc)(sizes[i]);

        cr_expect(lz_backend_owns(p) && lz_interpose_owns(p));
        cr_expect_not(lazyzero_owns(p));
        cr_expect_eq(CALL(malloc_size)(p), __real_je_sallocx(p, 0));
        cr_expect_eq(CALL(malloc_good_size)(sizes[i]), CALL(malloc_size)(p));
        cr_expect_eq(CALL(malloc_zone_from_ptr)(p), lz_interpose_zone());
        CALL(free)(p);
    }
    cr_expect_gt(CALL(malloc_good_size)(0), 0);
}

/* What libmalloc gave before us, or past the table, is and stays its own. */
static void
expect_forwarded(char *p)
{
    size_t usable = malloc_usable_size(p);

    cr_expect_not(lz_interpose_owns(p));
    cr_expect_eq(lz_interpose_size(p), 0);
    cr_expect_eq(CALL(malloc_size)(p), usable);
    cr_expect_eq(CALL(malloc_zone_from_ptr)(p), malloc_default_zone());
    fill_pattern(p, 100, 1);
    p = CALL(realloc)(p, LARGE);
    cr_expect_not(lz_interpose_owns(p));
    cr_expect(has_pattern(p, 100, 1));
    p = CALL(malloc_zone_realloc)(malloc_default_zone(), p, 200);
    cr_expect(has_pattern(p, 100, 1));
    fake_malloc.typed = 0;
    p = CALL(malloc_type_realloc)(p, 300, 7);
    cr_expect(has_pattern(p, 100, 1));
    CALL(malloc_type_free)(p, 7);
    cr_expect_eq(fake_malloc.typed, 2);
}

Test(jemalloc_darwin, libmallocs_blocks_are_forwarded)
{
    expect_forwarded(malloc(100));
    CALL(free)(malloc(100));
    CALL(free)(strdup("by libmalloc, in its own library"));
    CALL(vfree)(malloc(LARGE));
}

/* Its page lies in a granule of 2 MiB of which jemalloc has another part. */
Test(jemalloc_darwin, a_shared_granule)
{
    char *p = malloc(100);

    stranger = p;
    cr_assert_eq(lz_index_set(p, LZ_INDEX_HEAP), 0);
    cr_assert(lz_backend_owns(p));
    cr_expect_not(lz_interpose_owns(p));
    cr_expect_eq(CALL(malloc_size)(p), malloc_usable_size(p));
    cr_expect_eq(lz_interpose_zone()->size(lz_interpose_zone(), p), 0);
    CALL(free)(p);
}

/* Middle sizes are zeroed by us: recycled ones that were dirty, to the end. */
Test(jemalloc_darwin, calloc_of_dirty_blocks_is_zero)
{
    for (size_t n = 16; n < 2 * LZ_MIB; n += n / 2) {
        for (int round = 0; round < 3; round++) {
            unsigned char *p = CALL(malloc)(n);

            memset(p, 0xA5, CALL(malloc_size)(p));
            CALL(free)(p);
            p = CALL(calloc)(1, n);
            cr_expect(all_bytes_are(p, n, 0), "%zu", n);
            memset(p, 0xA5, CALL(malloc_size)(p));
            CALL(free)(p);
        }
    }
}

static void
start_with_check(void)
{
    setenv("LAZYZERO_CHECK", "1", 1);
    start();
    cr_assert_eq(lz_live_mode, LZ_LIVE_ON);
}

TestSuite(jemalloc_check, .init = start_with_check);

/* Tools ask the zone about any address; that must not stop the program. */
Test(jemalloc_check, the_inside_of_a_block_has_no_size)
{
    malloc_zone_t *zone = lz_interpose_zone();
    char *p = CALL(malloc)(1000);

    cr_expect_eq(zone->size(zone, p), CALL(malloc_size)(p));
    cr_expect_eq(zone->size(zone, p + 16), 0);
    CALL(free)(p);
    cr_expect_eq(zone->size(zone, p), 0);
}

Test(jemalloc_check, a_second_free_stops, .signal = SIGABRT)
{
    void *p = CALL(malloc)(1000);

    CALL(free)(p);
    CALL(free)(p);
}
