/* SPDX-License-Identifier: MIT */
/* Pages that mincore tells of, on kernels where it is sure to. */
#include "os/linux/mincore.h"

#include <stdarg.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>

#include "os/os.h"
#include "support.h"

WRAPPED(long, syscall, long number, ...);
WRAPPED(int, sysinfo, struct sysinfo *info);
WRAPPED(int, uname, struct utsname *system);

/* As gVisor does. */
static bool says_that_all_is_there;
static const char *release = "6.1.0-28-amd64";
static size_t swap, swap_after; /* when mincore was asked */
static size_t questions;

long
__wrap_syscall(long number, ...)
{
    long values[6];
    va_list args;

    va_start(args, number);
    take_words(values, args);
    va_end(args);
    if (number == SYS_mincore) {
        questions++;
        swap = swap_after;
        if (says_that_all_is_there) {
            memset((void *)values[2], 1, (size_t)values[1] / lz_os_page_size());
            return 0;
        }
    }
    return __real_syscall(number, values[0], values[1], values[2], values[3],
                          values[4], values[5]);
}

int
__wrap_sysinfo(struct sysinfo *info)
{
    int error = __real_sysinfo(info);

    info->totalswap = swap;
    return error;
}

/* A tracer allocates in each call, and asks again thereby. */
static bool asks_again;
static int depth;

int
__wrap_uname(struct utsname *system)
{
    int error = __real_uname(system);

    cr_assert_lt(depth++, 2);
    if (asks_again)
        cr_expect_not(lz_os_mincore_tells());
    depth--;

    snprintf(system->release, sizeof(system->release), "%s", release);
    return error;
}

Test(os_linux_mincore, tells_before_page_tables_have_marks, NEEDS_KERNEL)
{
    cr_expect(lz_os_mincore_tells());
    questions = 0;
    cr_expect(lz_os_mincore_tells());
    cr_expect_eq(questions, 0, "it is asked once");
}

Test(os_linux_mincore, who_asks_meanwhile_is_told_nothing, NEEDS_KERNEL)
{
    asks_again = true;
    cr_expect(lz_os_mincore_tells());
    cr_expect(lz_os_mincore_tells());
}

Test(os_linux_mincore, tells_on_the_last_one_without, NEEDS_KERNEL)
{
    release = "6.5.13";
    cr_expect(lz_os_mincore_tells());
}

Test(os_linux_mincore, tells_on_an_older_one, NEEDS_KERNEL)
{
    release = "5.15.0-91-generic";
    cr_expect(lz_os_mincore_tells());
}

Test(os_linux_mincore, does_not_tell_from_6_6_on)
{
    release = "6.6.0";
    cr_expect_not(lz_os_mincore_tells());
    cr_expect_eq(questions, 0);
}

Test(os_linux_mincore, does_not_tell_from_7_on)
{
    release = "7.0.1";
    cr_expect_not(lz_os_mincore_tells());
}

Test(os_linux_mincore, does_not_tell_on_a_kernel_of_two_digits)
{
    release = "61.1";
    cr_expect_not(lz_os_mincore_tells());
}

Test(os_linux_mincore, does_not_tell_where_the_release_is_no_number)
{
    release = "linux-5.1";
    cr_expect_not(lz_os_mincore_tells());
}

Test(os_linux_mincore, does_not_tell_where_every_page_is_said_to_be_there)
{
    says_that_all_is_there = true;
    cr_expect_not(lz_os_mincore_tells());
}

Test(os_linux_mincore, does_not_ask_where_nothing_may_be_asked)
{
    lz_os_ask_nothing();
    cr_expect_not(lz_os_mincore_tells());
    cr_expect_eq(questions, 0);
}

#define PAGES 3000

/* A mapping of which those pages are populated that the pattern names. */
static char *
make(bool (*is_there)(size_t))
{
    size_t page = lz_os_page_size();
    char *map = lz_os_map(PAGES * page, page);

    cr_assert_not_null(map);
    madvise(map, PAGES * page, MADV_NOHUGEPAGE);
    for (size_t i = 0; i < PAGES; i++)
        if (is_there(i))
            map[i * page] = 1;
    return map;
}

/* All of it is asked for, so many ranges at a time; then it is as it is. */
static void
expect_found(bool (*is_there)(size_t), int capacity)
{
    size_t page = lz_os_page_size();
    char *map = make(is_there), *at = map, *end = map + PAGES * page, *resume;
    struct lz_os_range ranges[64];
    bool found[PAGES] = {false};
    int count;

    for (; at < end; at = resume) {
        count = lz_os_mincore_find(at, end, ranges, capacity, &resume);
        cr_assert_geq(count, 0);
        cr_assert_leq(count, capacity);
        cr_assert(resume > at && resume <= end);
        for (int i = 0; i < count; i++) {
            char *from = (char *)(uintptr_t)ranges[i].start;

            cr_assert(from >= at && ranges[i].end <= (uintptr_t)resume);
            cr_assert(lz_os_is_present(&ranges[i]));
            for (; from < (char *)(uintptr_t)ranges[i].end; from += page)
                found[(size_t)(from - map) / page] = true;
        }
    }
    for (size_t i = 0; i < PAGES; i++)
        cr_assert_eq(found[i], is_there(i), "page %zu", i);
    lz_os_unmap(map, PAGES * page);
}

static bool
all(size_t page)
{
    (void)page;
    return true;
}

static bool
none(size_t page)
{
    (void)page;
    return false;
}

static bool
every_third(size_t page)
{
    return page % 3 == 1;
}

static bool
runs(size_t page)
{
    return page / 70 % 2 == 0;
}

static bool
only_the_last(size_t page)
{
    return page == PAGES - 1;
}

Test(os_linux_mincore, finds_what_is_populated_and_nothing_else, NEEDS_KERNEL)
{
    bool (*patterns[])(size_t) = {all, none, every_third, runs, only_the_last};

    for (size_t i = 0; i < sizeof(patterns) / sizeof(*patterns); i++) {
        expect_found(patterns[i], 64);
        expect_found(patterns[i], 3);
        expect_found(patterns[i], 1);
    }
}

static int
find(char *map)
{
    struct lz_os_range range;
    char *resume;

    return lz_os_mincore_find(map, map + lz_os_page_size(), &range, 1, &resume);
}

Test(os_linux_mincore, knows_nothing_where_there_is_swap, NEEDS_KERNEL)
{
    char *map = make(all);

    cr_expect_eq(find(map), 1);
    swap = swap_after = 4096;
    cr_expect_eq(find(map), -1);
    swap = 0;
    cr_expect_eq(find(map), -1, "it was switched on meanwhile");
    swap = 4096;
    swap_after = 0;
    cr_expect_eq(find(map), -1, "it is switched off meanwhile");
    swap = 0;
    cr_expect_eq(find(map), 1);
}

Test(os_linux_mincore, knows_nothing_of_what_is_not_mapped, NEEDS_KERNEL)
{
    char *map = make(all);

    lz_os_unmap(map, PAGES * lz_os_page_size());
    cr_expect_eq(find(map), -1);
}

/* What the step asks first where mincore tells. */
Test(os_linux_mincore, is_asked_page_by_page, NEEDS_KERNEL)
{
    char *map = make(all), *resume;
    struct lz_os_range range;

    cr_assert(lz_os_mincore_tells());
    questions = 0;
    cr_expect_eq(lz_os_find_populated(LZ_OS_ORACLE_PAGEMAP, map,
                                      map + PAGES * lz_os_page_size(), &range,
                                      1, &resume),
                 1);
    cr_expect_eq(questions, 1);
    swap = swap_after = 4096;
    cr_expect_eq(lz_os_find_populated(LZ_OS_ORACLE_PAGEMAP, map,
                                      map + PAGES * lz_os_page_size(), &range,
                                      1, &resume),
                 1, "the other way is left");
}
