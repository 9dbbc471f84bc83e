/* SPDX-License-Identifier: MIT */
/*
 * The kernel's answers about pages that a test cannot make at will: swapped
 * out, under migration, the shared zero page. The test answers the two system
 * calls itself, as ioctl_pagemap_scan(2) and proc(5) describe them.
 */
#include <stdarg.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include "os/os.h"
#include "support.h"

WRAPPED(int, ioctl, int fd, unsigned long request, ...);
WRAPPED(long, syscall, long number, ...);

/* The categories of PAGEMAP_SCAN. */
#define PRESENT ((uint64_t)1 << 3)
#define SWAPPED ((uint64_t)1 << 4)
#define ZERO_PFN ((uint64_t)1 << 5)

#define PAGES 200

struct scan_arg {
    uint64_t size, flags, start, end, walk_end, vec, vec_len, max_pages;
    uint64_t inverted, mask, anyof_mask, return_mask;
};

static uint64_t first; /* address of the first page */
static size_t page;
static uint64_t categories[PAGES];
static bool scan_works, pagemap_works;
static bool describes_others;  /* an emulator's: no page of ours is there */
static size_t entries_at_once; /* of the pagemap; 0: all */

/* Of the fake pages, or of real memory of the library's own? */
static bool
is_fake(uint64_t offset)
{
    return offset >= first / page * 8 && offset < (first / page + PAGES) * 8;
}

static size_t
number_of(uint64_t address)
{
    cr_assert_geq(address, first);
    cr_assert_leq(address, first + PAGES * page);
    return (size_t)(address - first) / page;
}

/* The kernel's rule (fs/proc/task_mmu.c, pagemap_scan_is_interesting_page). */
static bool
is_interesting(const struct scan_arg *arg, uint64_t category)
{
    category ^= arg->inverted;
    if ((category & arg->mask) != arg->mask)
        return false;
    return arg->anyof_mask == 0 || (category & arg->anyof_mask) != 0;
}

static int
scan(struct scan_arg *arg)
{
    struct lz_os_range *ranges = (struct lz_os_range *)(uintptr_t)arg->vec;
    size_t count = 0, at = number_of(arg->start);

    for (; at < number_of(arg->end); at++) {
        uint64_t address = first + at * page;
        uint64_t shown = categories[at] & arg->return_mask;

        if (!is_interesting(arg, categories[at]))
            continue;
        if (count == 0 || ranges[count - 1].end != address ||
            ranges[count - 1].categories != shown) {
            if (count == arg->vec_len)
                break;
            ranges[count++] = (struct lz_os_range){address, address, shown};
        }
        ranges[count - 1].end = address + page;
    }
    arg->walk_end = first + at * page;
    return (int)count;
}

int
__wrap_ioctl(int fd, unsigned long request, ...)
{
    va_list args;
    void *arg;

    va_start(args, request);
    arg = va_arg(args, void *);
    va_end(args);
    if ((request & 0xffff) != ('f' << 8 | 16))
        return __real_ioctl(fd, request, arg);
    if (scan_works)
        return scan(arg);
    errno = ENOTTY;
    return -1;
}

/* 64 bits a page: 63 present, 62 swapped, and others that mean neither. */
static long
read_pagemap(uint64_t *entries, size_t size, uint64_t offset)
{
    size_t count = size / 8;

    if (!pagemap_works) {
        errno = EIO;
        return -1;
    }
    if (entries_at_once != 0 && count > entries_at_once)
        count = entries_at_once;
    for (size_t i = 0; i < count; i++) {
        uint64_t category = categories[number_of((offset / 8 + i) * page)];

        entries[i] = (uint64_t)1 << 55 | (uint64_t)1 << 56;
        if (category & PRESENT)
            entries[i] |= (uint64_t)1 << 63;
        if (category & SWAPPED)
            entries[i] |= (uint64_t)1 << 62;
    }
    return (long)(count * 8);
}

long
__wrap_syscall(long number, ...)
{
    long values[6];
    va_list args;

    va_start(args, number);
    take_words(values, args);
    va_end(args);
    if (number == SYS_preadv) {
        const struct iovec *into = (const struct iovec *)values[1];

        if (describes_others) {
            memset(into->iov_base, 0, into->iov_len);
            return (long)into->iov_len;
        }
        if (is_fake((uint64_t)values[3]))
            return read_pagemap(into->iov_base, into->iov_len,
                                (uint64_t)values[3]);
    }
    return __real_syscall(number, values[0], values[1], values[2], values[3],
                          values[4], values[5]);
}

static void
set_up(void)
{
    page = lz_os_page_size();
    first = (IS_WIDE ? 0x7000 : 0x700) * (uint64_t)LZ_MIB;
    scan_works = true;
    pagemap_works = true;
}

TestSuite(zero_kernel, .init = set_up);

static char *
address_of(size_t number)
{
    return (char *)(uintptr_t)(first + number * page);
}

/* The pages that must be listed are, and no others that were never touched. */
static void
expect_listed(enum lz_os_oracle oracle, int capacity)
{
    struct lz_os_range ranges[PAGES];
    bool listed[PAGES] = {false};
    char *at = address_of(0), *resume;

    while (at < address_of(PAGES)) {
        int count = lz_os_find_populated(oracle, at, address_of(PAGES), ranges,
                                         capacity, &resume);

        cr_assert_geq(count, 0);
        cr_assert_gt(resume, at);
        for (int i = 0; i < count; i++) {
            for (uint64_t a = ranges[i].start; a < ranges[i].end; a += page)
                listed[number_of(a)] = true;
        }
        at = resume;
    }
    for (size_t i = 0; i < PAGES; i++) {
        bool dirty = categories[i] == PRESENT || categories[i] == SWAPPED ||
                     categories[i] == (PRESENT | SWAPPED);

        if (dirty)
            cr_assert(listed[i], "page %zu is missing", i);
        if (categories[i] == 0)
            cr_assert_not(listed[i], "page %zu was never touched", i);
    }
}

static void
expect_listed_by_each(void)
{
    for (int capacity = 1; capacity <= PAGES; capacity = 3 * capacity) {
        expect_listed(LZ_OS_ORACLE_SCAN, capacity);
        expect_listed(LZ_OS_ORACLE_PAGEMAP, capacity);
    }
}

Test(zero_kernel, swapped_out_pages_are_not_zero)
{
    for (size_t i = 10; i < 150; i++)
        categories[i] = SWAPPED;
    expect_listed_by_each();
}

Test(zero_kernel, one_swapped_out_page)
{
    categories[PAGES - 1] = SWAPPED;
    expect_listed_by_each();
}

Test(zero_kernel, every_kind_of_page)
{
    const uint64_t kinds[] = {0, PRESENT,          SWAPPED, PRESENT | ZERO_PFN,
                              0, PRESENT | SWAPPED};

    for (size_t i = 0; i < PAGES; i++)
        categories[i] = kinds[(i + i / 7) % 6];
    expect_listed_by_each();
}

/* Not a page to write, where the kernel can tell. */
Test(zero_kernel, the_shared_zero_page)
{
    struct lz_os_range range;
    char *resume;

    for (size_t i = 0; i < PAGES; i++)
        categories[i] = PRESENT | ZERO_PFN;
    cr_expect_eq(lz_os_find_populated(LZ_OS_ORACLE_SCAN, address_of(0),
                                      address_of(PAGES), &range, 1, &resume),
                 0);
    cr_expect_eq(resume, address_of(PAGES));
}

Test(zero_kernel, no_answer)
{
    struct lz_os_range range;
    char *resume;

    scan_works = false;
    pagemap_works = false;
    for (int oracle = 0; oracle < 2; oracle++) {
        errno = ERRNO_MARK;
        cr_expect_eq(lz_os_find_populated((enum lz_os_oracle)oracle,
                                          address_of(0), address_of(PAGES),
                                          &range, 1, &resume),
                     -1);
        EXPECT_ERRNO_KEPT();
    }
}

/* An emulator that passes its own process's answers on, at other addresses. */
Test(zero_kernel, answers_about_other_memory_are_not_believed)
{
    struct lz_os_range range;
    char *resume;

    describes_others = true;
    for (int oracle = 0; oracle < 2; oracle++)
        cr_expect_eq(lz_os_find_populated((enum lz_os_oracle)oracle,
                                          address_of(0), address_of(PAGES),
                                          &range, 1, &resume),
                     -1);
}

/* Less than was asked for says nothing about the rest. */
Test(zero_kernel, a_short_read_is_no_answer)
{
    struct lz_os_range ranges[PAGES];
    char *resume;

    entries_at_once = 5;
    categories[7] = PRESENT;
    cr_expect_eq(lz_os_find_populated(LZ_OS_ORACLE_PAGEMAP, address_of(0),
                                      address_of(PAGES), ranges, PAGES,
                                      &resume),
                 -1);
}
