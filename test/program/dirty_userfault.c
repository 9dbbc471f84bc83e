/* SPDX-License-Identifier: MIT */
/*
 * A block whose missing pages the program fills itself (userfaultfd), here with
 * dirt: a page that is not there reads as anything but zero. memset must write
 * it, and the next owner must get memory that nobody fills.
 */
#include "userfault.h"

extern size_t lazyzero_zero(void *p, size_t n) __attribute__((weak));

static char *
new_filled(size_t n, size_t from, size_t to)
{
    char *p = malloc(n);
    size_t page = page_size(), pages;

    REQUIRE(p != NULL);
    pages = malloc_usable_size(p) / page;
    fill_by_program(p + pages * from / 4 * page,
                    (pages * to / 4 - pages * from / 4) * page);
    return p;
}

static void
check(size_t n, size_t from, size_t to)
{
    char *p = new_filled(n, from, to);

    memset(p, 0, n);
    REQUIRE(all_bytes_are(p, 0, n));
    free(p);
    use_all(n);
    p = new_filled(n, from, to);
    free(p);
    use_all(n);
    use_memset(n);
    use_realloc(n);
}

/* In a block and in memory of the program's own: a missing page is no zero. */
static void
check_zero(size_t n)
{
    char *p = new_filled(n, 1, 3);

    lazyzero_zero(p, n);
    REQUIRE(all_bytes_are(p, 0, n));
    free(p);
    use_all(n);
    p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
             0);
    REQUIRE(p != MAP_FAILED);
    fill_by_program(p, n / 2 / page_size() * page_size());
    lazyzero_zero(p, n);
    REQUIRE(all_bytes_are(p, 0, n));
    munmap(p, n);
}

/* Dense blocks that are kept serve smaller requests by parts. */
static void
check_parts(size_t n)
{
    char *whole = aligned_alloc(2 * MIB, 4 * n), *parts[3];
    size_t usable = malloc_usable_size(whole);

    make_dirty(whole);
    fill_by_program(whole, usable);
    free(whole);
    for (int i = 0; i < 3; i++)
        parts[i] = malloc(n);
    for (int i = 0; i < 3; i++) {
        madvise(parts[i], malloc_usable_size(parts[i]), MADV_DONTNEED);
        free(parts[i]);
    }
    for (int i = 0; i < 3; i++)
        use_all(n);
}

static void
free_dense(void **p, int count)
{
    for (int i = 0; i < count; i++) {
        make_dirty(p[i]);
        free(p[i]);
    }
}

/* Several kept blocks serve a longer one, which serves shorter ones again. */
static void
check_joined(void)
{
    void *p[4], *joined;
    size_t usable;

    for (int i = 0; i < 4; i++)
        p[i] = aligned_alloc(2 * MIB, 8 * MIB - 16 * page_size());
    free_dense(p, 4);
    joined = malloc(30 * MIB);
    make_dirty(joined);
    usable = malloc_usable_size(joined);
    fill_by_program(joined, usable);
    free(joined);
    for (int i = 0; i < 4; i++)
        p[i] = malloc(7 * MIB);
    for (int i = 0; i < 4; i++) {
        madvise(p[i], malloc_usable_size(p[i]), MADV_DONTNEED);
        free(p[i]);
    }
    for (int i = 0; i < 4; i++)
        use_all(7 * MIB);
}

int
main(void)
{
    static const size_t sizes[] = {2 * MIB, 3 * MIB + 5, 11 * MIB};

    require_active();
    watchdog(60);
    start_serving();
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        check_zero(sizes[i]);
        check(sizes[i], 0, 4);
        check(sizes[i], 0, 1);
        check(sizes[i], 1, 3);
        check(sizes[i], 3, 4);
        check_parts(sizes[i]);
    }
    check_joined();
    return 0;
}
