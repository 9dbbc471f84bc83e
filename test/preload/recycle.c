/* SPDX-License-Identifier: MIT */
/*
 * calloc from memory that was used before, in every way that needs neither a
 * privilege nor a newer kernel. One byte that is not zero is a failure. (The
 * ways that need one of these are programs that may be skipped:
 * program/dirty_*.c.)
 */
#include "recycle.h"

PRELOAD_SUITE(recycle);

/* Middle sizes, the edge of the threshold, and regions of several classes. */
static size_t
size_at(size_t i)
{
    size_t edge = threshold();
    const size_t sizes[] = {
        33000,       100000,
        900 * KIB,   edge - 1,
        edge,        edge + 70001,
        5 * MIB + 1, smaller_of(16 * edge, edge + 12 * MIB)};

    return i < COUNT(sizes) ? sizes[i] : 0;
}

#define EACH_SIZE(n) for (size_t i_ = 0, n; (n = size_at(i_)) != 0; i_++)

/* Dirt on all of the block first, then what `soil` does to it. */
static void
free_soiled(void (*soil)(char *p, size_t n), size_t n)
{
    char *p = malloc(n);

    cr_assert_not_null(p);
    n = malloc_usable_size(p);
    if (soil != NULL)
        soil(p, n);
    else
        memset(p, DIRT, n);
    free(p);
}

/* The same size takes the block back; the others may take parts of it. */
static void
check_size(void (*soil)(char *p, size_t n), size_t n)
{
    const size_t again[] = {n, n + n / 8, n - n / 4, n / 3};
    void *blocks[COUNT(again)];

    for (size_t i = 0; i < COUNT(again); i++) {
        free_soiled(soil, n);
        blocks[i] = calloc(1, again[i]);
        require_zero_and_use(blocks[i], again[i]);
    }
    for (size_t i = 0; i < COUNT(again); i++)
        free(blocks[i]);
}

static void
check_every_size(void (*soil)(char *p, size_t n))
{
    EACH_SIZE(n)
    check_size(soil, n);
}

/* Where the system has no such advice there is nothing to test. */
static void
advise(void *p, size_t n, int advice)
{
    if (n > 0)
        cr_assert(madvise(p, n, advice) == 0 || errno == EINVAL);
}

static char *
middle(char *p, size_t n)
{
    return page_at(p, n / 3);
}

static size_t
middle_size(size_t n)
{
    return whole_pages(n / 3 - page_size());
}

#define RECYCLE(name)                           \
    static void soil_##name(char *p, size_t n); \
    Test(recycle, name)                         \
    {                                           \
        check_every_size(soil_##name);          \
    }                                           \
    static void soil_##name(char *p, size_t n)

RECYCLE(all_bytes)
{
    memset(p, DIRT, n);
}

RECYCLE(the_first_and_the_last_byte)
{
    p[0] = (char)DIRT;
    p[n - 1] = (char)DIRT;
}

/* More separate pages than any one answer of the kernel lists. */
RECYCLE(every_second_page)
{
    for (size_t at = 0; at < n; at += 2 * page_size())
        p[at + at % 97] = (char)DIRT;
}

RECYCLE(every_third_page_from_the_end)
{
    for (size_t at = n; at > 3 * page_size(); at -= 3 * page_size())
        p[at - 1] = (char)DIRT;
}

RECYCLE(one_page)
{
    memset(middle(p, n), DIRT, page_size());
}

/* The shared zero page between dirty ones. */
RECYCLE(read_only_touched)
{
    volatile char sum = 0;

    for (size_t at = 0; at < n; at += page_size())
        sum += ((volatile char *)p)[at];
    (void)sum;
    for (size_t at = 0; at < n; at += 5 * page_size())
        p[at] = (char)DIRT;
}

/* The program's own discarding: of the middle, of all, and used again. */
RECYCLE(discarded_in_the_middle)
{
    memset(p, DIRT, n);
    advise(middle(p, n), middle_size(n), MADV_DONTNEED);
}

RECYCLE(discarded_but_the_edges)
{
    memset(p, DIRT, n);
    advise(page_at(p, 1), whole_pages(n - 2 * page_size()), MADV_DONTNEED);
}

RECYCLE(discarded_and_written_again)
{
    memset(p, DIRT, n);
    advise(middle(p, n), middle_size(n), MADV_DONTNEED);
    memset(middle(p, n) + page_size(), DIRT, page_size() + 1);
}

RECYCLE(lazily_freed_in_the_middle)
{
    memset(p, DIRT, n);
    advise(middle(p, n), middle_size(n), MADV_FREE);
}

RECYCLE(lazily_freed_and_written_again)
{
    memset(p, DIRT, n);
    advise(middle(p, n), middle_size(n), MADV_FREE);
    *middle(p, n) = (char)DIRT;
}

/* Huge pages: all, a part as numpy asks for, split again by a discard. */
RECYCLE(huge_pages)
{
    advise(page_at(p, 0), whole_pages(n - page_size()), MADV_HUGEPAGE);
    memset(p, DIRT, n);
}

RECYCLE(huge_pages_in_part)
{
    advise(middle(p, n), middle_size(n), MADV_HUGEPAGE);
    memset(p, DIRT, n);
}

RECYCLE(huge_pages_with_a_hole)
{
    advise(page_at(p, 0), whole_pages(n - page_size()), MADV_HUGEPAGE);
    memset(p, DIRT, n);
    advise(middle(p, n), page_size(), MADV_DONTNEED);
    advise(page_at(p, n / 2), page_size(), MADV_FREE);
}

/* One byte, and a huge page of zeros around it. */
RECYCLE(huge_pages_read_and_written_once)
{
    advise(page_at(p, 0), whole_pages(n - page_size()), MADV_HUGEPAGE);
    ((volatile char *)p)[0] = p[n / 2];
    p[n - 1] = (char)DIRT;
}

RECYCLE(no_huge_pages)
{
    advise(page_at(p, 0), whole_pages(n - page_size()), MADV_NOHUGEPAGE);
    memset(p, DIRT, n);
}

#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT 21
#endif
#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22
#endif
#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif

/* Asked out of memory; out they go only where there is swap. */
RECYCLE(paged_out)
{
    memset(p, DIRT, n);
    advise(page_at(p, 0), whole_pages(n - page_size()), MADV_PAGEOUT);
}

RECYCLE(populated_by_reading)
{
    advise(page_at(p, 0), whole_pages(n - page_size()), MADV_POPULATE_READ);
    p[n / 2] = (char)DIRT;
}

RECYCLE(collapsed_into_huge_pages)
{
    memset(p, DIRT, n);
    madvise(page_at(p, 0), whole_pages(n - page_size()), MADV_COLLAPSE);
}

RECYCLE(not_inherited)
{
    memset(p, DIRT, n);
    advise(middle(p, n), middle_size(n), MADV_DONTFORK);
}

RECYCLE(wiped_on_fork)
{
    memset(p, DIRT, n);
    advise(page_at(p, 0), whole_pages(n - page_size()), MADV_WIPEONFORK);
}

/* A mapping in many parts. */
RECYCLE(different_advice_for_each_page)
{
    for (size_t at = page_size(); at + 2 * page_size() < n && at < 40 * KIB;
         at += 2 * page_size())
        advise(page_at(p, at), page_size(), MADV_SEQUENTIAL);
    memset(p, DIRT, n);
}

/* Protection of a heap block would hit the heap itself: regions only. */
static void
protect_middle(char *p, size_t n, int prot)
{
    memset(p, DIRT, n);
    if (lazyzero_owns(p))
        cr_assert_eq(mprotect(middle(p, n), middle_size(n), prot), 0);
}

RECYCLE(read_only)
{
    protect_middle(p, n, PROT_READ);
}

RECYCLE(closed)
{
    protect_middle(p, n, PROT_NONE);
}

RECYCLE(closed_in_whole)
{
    memset(p, DIRT, n);
    if (lazyzero_owns(p))
        cr_assert_eq(mprotect(p, n, PROT_NONE), 0);
}

RECYCLE(executable)
{
    protect_middle(p, n, PROT_READ | PROT_WRITE | PROT_EXEC);
}

/* Beyond what was asked for, up to the usable size: the program's too. */
RECYCLE(resized)
{
    char *q = malloc(n / 2);

    memset(q, DIRT, malloc_usable_size(q));
    q = realloc(q, n);
    memset(q, DIRT, malloc_usable_size(q));
    q = realloc(q, n - n / 4);
    q = realloc(q, n);
    free(q);
    memset(p, DIRT, n);
}

RECYCLE(shrunk_and_grown)
{
    char *q = malloc(n);

    memset(q, DIRT, malloc_usable_size(q));
    q = realloc(q, n / 3);
    free(q);
    memset(p, DIRT, n);
}

/* A byte a round, so that a block that was full becomes a sparse one. */
Test(recycle, full_once_and_sparse_for_ever)
{
    EACH_SIZE(n)
    {
        char *p;

        free_soiled(NULL, n);
        for (int round = 0; round < 40; round++) {
            p = calloc(1, n);
            require_zero(p, n);
            p[(size_t)round * 7919 % n] = (char)DIRT;
            if (round % 10 == 5)
                advise(middle(p, n), middle_size(n), MADV_DONTNEED);
            free(p);
        }
    }
}

/* Zero pages to start with, dirt spreads a page each round. */
Test(recycle, ever_more_dirt)
{
    EACH_SIZE(n)
    {
        size_t step = n / 30 + 1;

        for (size_t to = step; to < n; to += step) {
            char *p = calloc(1, n);

            require_zero(p, n);
            memset(p, DIRT, to);
            free(p);
        }
    }
}

/* Several at a time, of sizes that share classes. */
Test(recycle, many_blocks_of_mixed_sizes)
{
    enum { BLOCKS = 24, ROUNDS = 60 };
    char *blocks[BLOCKS] = {NULL};
    unsigned state = 1;

    for (int i = 0; i < BLOCKS * ROUNDS; i++) {
        size_t k, n;

        state = state * 1103515245 + 12345;
        k = state >> 16 & 0xff;
        n = 33000 + (state >> 8) % (threshold() + MIB);
        free(blocks[k % BLOCKS]);
        blocks[k % BLOCKS] = calloc(1, n);
        require_zero(blocks[k % BLOCKS], n);
        if (k % 3 == 0)
            memset(blocks[k % BLOCKS], DIRT, n);
        else
            blocks[k % BLOCKS][n / (1 + k)] = (char)DIRT;
    }
    for (int i = 0; i < BLOCKS; i++)
        free(blocks[i]);
}

/* Aligned blocks start elsewhere in the mapping that they leave and take. */
Test(recycle, aligned_blocks)
{
    EACH_SIZE(n)
    {
        for (size_t align = 4096; align <= 4 * MIB; align *= 4) {
            void *p = mallocx(n, MALLOCX_ALIGN(align));

            cr_assert_not_null(p);
            memset(p, DIRT, malloc_usable_size(p));
            free(p);
            p = calloc(1, n);
            require_zero_and_use(p, n);
            free(p);
            p = mallocx(n, MALLOCX_ALIGN(align) | MALLOCX_ZERO);
            cr_assert_eq((uintptr_t)p % align, 0);
            require_zero_and_use(p, n);
            free(p);
        }
    }
}

/* calloc keeps errno, whatever it asks the system on the way. */
Test(recycle, errno_is_kept)
{
    EACH_SIZE(n)
    {
        for (int round = 0; round < 3; round++) {
            void *p;

            errno = ODD_ERRNO;
            p = calloc(1, n);
            cr_assert_eq(errno, ODD_ERRNO);
            memset(p, DIRT, n);
            cr_assert_eq(errno, ODD_ERRNO);
            free(p);
            cr_assert_eq(errno, ODD_ERRNO);
        }
    }
}
