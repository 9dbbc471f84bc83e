/* SPDX-License-Identifier: MIT */
/*
 * A program's own memset(0) of a large block that it was just given skips the
 * bytes that are zero already. This shows in the memory that becomes resident.
 * It must make no other difference from libc's memset.
 */
#include <pthread.h>
#include <signal.h>
#include <strings.h>

#include "needs.h"
#include "recycle.h"

PRELOAD_SUITE(memset);

extern void *__memset_chk(void *p, int c, size_t n, size_t room) WEAK;

/* Bytes of a page multiple: a partial page would be written. */
static size_t
large(void)
{
    return whole_pages(threshold() + 3 * MIB);
}

static bool
is_oracle(const char *name)
{
    const char *oracle = getenv("LAZYZERO_ORACLE");

    return oracle != NULL && strcmp(oracle, name) == 0;
}

/* With that oracle nothing can be proven of a freed block, and none is kept. */
static bool
is_memset_the_oracle(void)
{
    return is_oracle("memset");
}

/* Does memset(p, 0, n) of a fresh block write nothing, as it is set here? */
static bool
elides(void)
{
    const char *memset_option = getenv("LAZYZERO_MEMSET");

    return TEST_HAS_PAGEMAP &&
           (memset_option == NULL || strcmp(memset_option, "0") != 0) &&
           !is_memset_the_oracle() && !is_oracle("discard");
}

/* No such block was freed before: the memory comes from the system. */
static char *
fresh(size_t n)
{
    char *p;

    malloc_trim(0);
    p = malloc(n);
    cr_assert_not_null(p);
    cr_assert(lazyzero_owns(p));
    return p;
}

static char *
recycled(size_t n)
{
    char *p = malloc(n);

    cr_assert_not_null(p);
    memset(p, DIRT, malloc_usable_size(p));
    free(p);
    p = malloc(n);
    memset(p + n / 2, DIRT, 1); /* no large memset of zeros */
    return p;
}

static void
require(const char *p, size_t from, size_t to, unsigned char value)
{
    size_t at = value_check(p, from, to, value);

    cr_assert_eq(at, to, "byte %zu is 0x%x", at, (unsigned char)p[at]);
}

/* Was nothing written (where that may be), or all of it? */
static void
require_elided(const char *p, size_t n)
{
    size_t pages = n / page_size();

    if (elides())
        cr_assert(!TEST_HAS_UNREAD || resident_pages(p, n) == 0);
    else
        cr_assert_eq(resident_pages(p, n), pages);
}

static void
require_written(const char *p, size_t n)
{
    cr_assert_eq(resident_pages(p, n), n / page_size());
}

/* --- what is left out ---------------------------------------------------- */

Test(memset, of_a_fresh_block_writes_nothing, NEEDS_LINUX)
{
    char *p = fresh(large());

    cr_assert_eq(memset(p, 0, large()), p);
    require_elided(p, large());
    require(p, 0, large(), 0);
    free(p);
}

Test(memset, of_a_recycled_block_leaves_zeros)
{
    for (size_t n = large(); n < 2 * large(); n += 700001) {
        char *p = recycled(n);

        cr_assert_eq(memset(p, 0, n), p);
        require(p, 0, n, 0);
        free(p);
    }
}

/* Half of the block is enough. */
Test(memset, of_half_a_fresh_block_writes_nothing, NEEDS_LINUX)
{
    char *p = fresh(large());
    size_t half = whole_pages(large() / 2) + page_size();

    memset(p, 0, half);
    require_elided(p, half);
    free(p);
}

Test(memset, bzero_writes_nothing, NEEDS_LINUX)
{
    char *p = fresh(large());

    bzero(p, large());
    require_elided(p, large());
    free(p);
}

/* Before it, and behind it, nothing. */
Test(memset, bzero_of_a_part_writes_all_of_it)
{
    unsigned char *p = malloc(large());

    memset(p, 1, large());
    bzero(p + 100, large() - 200);
    for (size_t i = 0; i < large(); i++)
        cr_assert_eq(p[i], i < 100 || i >= large() - 100, "%zu", i);
    free(p);
}

Test(memset, the_checked_one_writes_nothing, NEEDS_LINUX_GLIBC)
{
    char *p = fresh(large());

    cr_assert_eq(__memset_chk(p, 0, large(), large()), p);
    require_elided(p, large());
    free(p);
}

Test(memset, after_calloc_writes_nothing, NEEDS_LINUX)
{
    char *p;

    malloc_trim(0);
    p = calloc(1, large());
    memset(p, 0, large());
    require_elided(p, large());
    free(p);
}

/* libstdc++ stores the first element of a vector before it fills the rest. */
Test(memset, a_few_bytes_in_writes_nothing_but_those, NEEDS_LINUX)
{
    char *p = fresh(large());

    memset(p, 0, sizeof(int));
    memset(p + sizeof(int), 0, large() - sizeof(int));
    if (elides() && TEST_HAS_UNREAD)
        cr_assert_lt(resident_pages(p, large()), large() / page_size() / 2 + 1);
    require(p, 0, large(), 0);
    free(p);
}

static void *
set_zero(void *p)
{
    return memset(p, 0, large());
}

Test(memset, by_another_thread, NEEDS_LINUX)
{
    char *p = fresh(large());
    pthread_t thread;

    pthread_create(&thread, NULL, set_zero, p);
    pthread_join(thread, NULL);
    require_elided(p, large());
    free(p);
    p = recycled(large());
    pthread_create(&thread, NULL, set_zero, p);
    pthread_join(thread, NULL);
    require(p, 0, large(), 0);
    free(p);
}

/* A small one first is no reason to write the large one. */
Test(memset, a_small_one_does_not_use_up_the_chance, NEEDS_LINUX)
{
    size_t n = large() + 32 * MIB;
    char *p = fresh(n);

    memset(p, 0, n / 8);
    memset(p + n / 2, 1, 1);
    memset(p, 0, n);
    if (elides() && TEST_HAS_UNREAD)
        cr_assert_lt(resident_pages(p, n), n / page_size() / 2);
    require(p, 0, n, 0);
    free(p);
}

/* --- what is not --------------------------------------------------------- */

Test(memset, of_less_than_half_is_written)
{
    char *p = fresh(large());
    size_t part = whole_pages(large() / 2) - page_size();

    memset(p, 0, part);
    require_written(p, part);
    free(p);
    p = recycled(large());
    memset(p, DIRT, large());
    memset(p, 0, part);
    require(p, 0, part, 0);
    require(p, part, large(), DIRT);
    free(p);
}

Test(memset, of_another_value_is_written)
{
    for (int c = 1; c < 256; c += 50) {
        char *p = malloc(large());

        memset(p, c, large());
        require(p, 0, large(), (unsigned char)c);
        memset(p, 0, large());
        require(p, 0, large(), 0);
        free(p);
    }
}

/* Only the low byte of the value counts: memset(3). */
Test(memset, of_a_value_whose_low_byte_is_zero)
{
    char *p = recycled(large());

    memset(p, DIRT, large());
    memset(p, 0x100, large());
    require(p, 0, large(), 0);
    free(p);
}

Test(memset, the_second_one_is_written)
{
    char *p = malloc(large());

    for (int round = 0; round < 5; round++) {
        memset(p, 0, large());
        require(p, 0, large(), 0);
        memset(p, DIRT, large());
        require(p, 0, large(), DIRT);
    }
    free(p);
}

Test(memset, after_a_scattered_use)
{
    char *p = malloc(large());

    memset(p, 0, large());
    for (size_t at = 0; at < large(); at += 3 * page_size())
        p[at] = 1;
    memset(p, 0, large());
    require(p, 0, large(), 0);
    free(p);
}

/* Writes as far as libc's would, here into the slack of the mapping. */
Test(memset, beyond_the_usable_size)
{
    char *p = recycled(large());
    size_t n = malloc_usable_size(p) + page_size();

    memset(p, DIRT, n);
    memset(p, 0, n);
    require(p, 0, n, 0);
    free(p);
}

/* --- where it starts and ends -------------------------------------------- */

static void
check_part(size_t from, size_t to)
{
    char *p = recycled(large());
    size_t usable = malloc_usable_size(p);

    for (size_t at = 0; at < usable; at += KIB)
        memset(p + at, DIRT, smaller_of(KIB, usable - at));
    cr_assert_eq(memset(p + from, 0, to - from), p + from);
    require(p, 0, from, DIRT);
    require(p, from, to, 0);
    require(p, to, usable, DIRT);
    free(p);
}

Test(memset, starting_anywhere_in_the_first_page)
{
    for (size_t from = 0; from < 20; from++)
        check_part(from, large());
    for (size_t from = 20; from < 4096; from += 163)
        check_part(from, large());
    check_part(4095, large());
}

Test(memset, starting_after_the_first_page)
{
    check_part(page_size(), large());
    check_part(page_size() + 1, large());
    check_part(large() / 3, large());
    check_part(large() / 2, large());
    check_part(2 * MIB, large());
    check_part(large() - threshold() / 2, large());
}

Test(memset, ending_anywhere)
{
    for (size_t k = 0; k < 12; k++) {
        check_part(k % 3 * 1000, large() - k);
        check_part(k % 3 * 1000, large() - k * page_size() - 1);
    }
    for (size_t to = large() / 2 + page_size(); to > large() / 2 - page_size();
         to -= 1021)
        check_part(3, to);
}

/* --- resized blocks ------------------------------------------------------ */

static void
check_resized(char *p, size_t n)
{
    cr_assert_not_null(p);
    memset(p, 0, n);
    require(p, 0, n, 0);
    pattern_fill(p, 0, n, 5);
    memset(p, 0, n);
    require(p, 0, n, 0);
    free(p);
}

Test(memset, of_a_resized_block)
{
    const size_t n = large();
    const size_t sizes[] = {n + 4096,
                            n + MIB,
                            2 * n,
                            9 * n / 4,
                            n - 4096,
                            3 * n / 4,
                            n / 2 + page_size(),
                            n / 3,
                            threshold() / 2,
                            threshold() / 4};

    for (size_t i = 0; i < COUNT(sizes); i++) {
        check_resized(realloc(recycled(n), sizes[i]), sizes[i]);
        check_resized(realloc(calloc(1, n), sizes[i]), sizes[i]);
        check_resized(realloc(realloc(recycled(n), sizes[i]), n), n);
    }
}

/* What stays across a realloc is the program's: zeroed only when it says so. */
Test(memset, of_a_part_of_a_resized_block)
{
    size_t n = large();
    char *p = malloc(n);

    pattern_fill(p, 0, n, 5);
    p = realloc(p, 3 * n);
    memset(p + n, 0, 2 * n);
    cr_assert_eq(pattern_check(p, n, 5), n);
    require(p, n, 3 * n, 0);
    free(p);
}

/* --- other memory -------------------------------------------------------- */

/* A freed block still lies in the pool; its next owner must not notice. */
Test(memset, of_a_freed_block)
{
    char *p = recycled(large()), *q;

    free(p);
    if (!is_memset_the_oracle()) {
        memset(p, 0, large());
        memset(p, 1, large());
    }
    q = calloc(1, large());
    require(q, 0, malloc_usable_size(q), 0);
    memset(q, DIRT, large());
    require(q, 0, large(), DIRT);
    free(q);
}

Test(memset, of_memory_that_is_nobodys_block)
{
    static char fixed[3 << 20];
    size_t n = sizeof(fixed);
    char *map = mmap(NULL, n, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    for (int round = 0; round < 2; round++) {
        memset(fixed, DIRT, n);
        require(fixed, 0, n, DIRT);
        memset(fixed, 0, n);
        require(fixed, 0, n, 0);
        memset(map, DIRT, n);
        require(map, 0, n, DIRT);
        memset(map, 0, n);
        require(map, 0, n, 0);
    }
    munmap(map, n);
}

/* Fresh mappings too: a program may count on memset to commit its memory. */
Test(memset, of_a_fresh_mapping_commits_it)
{
    size_t n = large();
    char *map = mmap(NULL, n, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    memset(map, 0, n);
    require_written(map, n);
    munmap(map, n);
}

Test(memset, of_heap_blocks_up_to_the_threshold)
{
    for (size_t n = threshold() / 4; n < threshold(); n += threshold() / 9) {
        char *p = malloc(n);
        size_t usable = malloc_usable_size(p);

        memset(p, DIRT, usable);
        memset(p, 0, n);
        require(p, 0, n, 0);
        require(p, n, usable, DIRT);
        free(p);
    }
}

Test(memset, of_few_bytes)
{
    unsigned char bytes[600];

    for (size_t n = 0; n < 300; n++) {
        for (size_t from = 0; from < 33; from++) {
            memset(bytes, DIRT, sizeof(bytes));
            cr_assert_eq(memset(bytes + from, (int)n, n), bytes + from);
            cr_assert_eq(value_check(bytes, 0, from, DIRT), from);
            cr_assert_eq(value_check(bytes, from, from + n, (unsigned char)n),
                         from + n);
            cr_assert_eq(value_check(bytes, from + n, sizeof(bytes), DIRT),
                         sizeof(bytes));
        }
    }
}

Test(memset, keeps_errno)
{
    for (int round = 0; round < 3; round++) {
        char *p = malloc(large());

        errno = ODD_ERRNO;
        memset(p, 0, large());
        memset(p, 0, large());
        cr_assert_eq(errno, ODD_ERRNO);
        free(p);
    }
}

/* --- the checked one ----------------------------------------------------- */

Test(memset, the_checked_one_sets, NEEDS_GLIBC)
{
    char *p = recycled(large());

    __memset_chk(p, DIRT, large(), large());
    require(p, 0, large(), DIRT);
    __memset_chk(p, 0, large() - 1, large());
    require(p, 0, large() - 1, 0);
    require(p, large() - 1, large(), DIRT);
    __memset_chk(p, 0, large(), SIZE_MAX);
    require(p, 0, large(), 0);
    free(p);
}

Test(memset, the_checked_one_aborts_on_small_overflow, .signal = SIGABRT,
     NEEDS_GLIBC)
{
    char bytes[8];

    __memset_chk(bytes, 0, 9, 8);
}

Test(memset, the_checked_one_aborts_on_large_overflow, .signal = SIGABRT,
     NEEDS_GLIBC)
{
    char *p = malloc(large());

    __memset_chk(p, 0, large(), large() - 1);
}

Test(memset, the_checked_one_aborts_for_any_value, .signal = SIGABRT,
     NEEDS_GLIBC)
{
    char *p = malloc(large());

    __memset_chk(p, 1, large(), large() - 1);
}
