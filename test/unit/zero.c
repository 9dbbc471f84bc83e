/* SPDX-License-Identifier: MIT */
/*
 * The zeroing engine over a page table of the test's own: what is listed there
 * is written, what is not is left alone, and no step of the ladder that fails
 * leaves a byte behind. (What the kernel's page table says: zero_proc.c.)
 */
#include "large/zero.h"

#include "control/options.h"
#include "os/os.h"
#include "support.h"

WRAPPED(int, lz_os_find_populated, enum lz_os_oracle oracle, char *start,
        char *end, struct lz_os_range *ranges, int capacity, char **resume);
WRAPPED(bool, lz_os_is_present, const struct lz_os_range *range);
WRAPPED(int, lz_os_discard, void *start, size_t length);
WRAPPED(bool, lz_os_discard_zeroes, void);
WRAPPED(size_t, lz_os_page_size, void);

#define DIRT 0xA5
#define PAGES 1024
#define MARGIN 2 /* pages before and after what the engine may touch */

enum { ORACLES = 2 };

static struct {
    char *pages;             /* where the table's first page lies */
    bool populated[PAGES];   /* the page table */
    size_t absent;           /* not 0: a page that is not in memory */
    size_t answers[ORACLES]; /* questions answered before it fails */
    size_t most_pages;       /* looked at in one question */
    bool stands_still;       /* resume does not go on */
    bool discard_zeroes;
    int discard_error;

    size_t questions[ORACLES], discards;
    size_t presence_questions; /* lz_os_is_present */
} fake;

static size_t
number_of(const char *address)
{
    return (size_t)(address - fake.pages) / lz_os_page_size();
}

static char *
address_of(size_t number)
{
    return fake.pages + number * lz_os_page_size();
}

/* Neighbours are one range, as with the kernel; more than fits waits. */
static int
list_populated(size_t *at, size_t stop, struct lz_os_range *ranges,
               int capacity)
{
    int count = 0;

    for (; *at < stop; ++*at) {
        uint64_t start = (uintptr_t)address_of(*at);

        if (!fake.populated[*at])
            continue;
        if (count == 0 || ranges[count - 1].end != start) {
            if (count == capacity)
                return count;
            ranges[count++] = (struct lz_os_range){start, start, 0};
        }
        ranges[count - 1].end = (uintptr_t)address_of(*at + 1);
    }
    return count;
}

int
__wrap_lz_os_find_populated(enum lz_os_oracle oracle, char *start, char *end,
                            struct lz_os_range *ranges, int capacity,
                            char **resume)
{
    size_t at = number_of(start), stop = number_of(end);
    int count;

    cr_assert_eq((uintptr_t)start % lz_os_page_size(), 0);
    cr_assert_eq((uintptr_t)end % lz_os_page_size(), 0);
    cr_assert_lt(start, end);
    /* Whether it answers at all, about a page of the library's own. */
    if (start < fake.pages || start >= fake.pages + PAGES * lz_os_page_size())
        return fake.answers[oracle] == 0 ? -1 : 0;
    cr_assert_geq(start, fake.pages);
    cr_assert_leq(stop, PAGES);
    if (fake.questions[oracle]++ >= fake.answers[oracle])
        return -1;
    if (fake.most_pages != 0 && stop - at > fake.most_pages)
        stop = at + fake.most_pages;
    count = list_populated(&at, stop, ranges, capacity);
    *resume = fake.stands_still ? start : address_of(at);
    return count;
}

bool
__wrap_lz_os_is_present(const struct lz_os_range *range)
{
    size_t first = number_of((char *)(uintptr_t)range->start);
    size_t end = number_of((char *)(uintptr_t)range->end);

    fake.presence_questions++;
    return fake.absent == 0 || fake.absent < first || fake.absent >= end;
}

int
__wrap_lz_os_discard(void *start, size_t length)
{
    cr_assert_eq((uintptr_t)start % lz_os_page_size(), 0);
    cr_assert_eq(length % lz_os_page_size(), 0);
    cr_assert_gt(length, 0);
    fake.discards++;
    return fake.discard_error != 0 ? fake.discard_error
                                   : __real_lz_os_discard(start, length);
}

bool
__wrap_lz_os_discard_zeroes(void)
{
    return fake.discard_zeroes;
}

size_t
__wrap_lz_os_page_size(void)
{
    return injected_page_size() != 0 ? injected_page_size()
                                     : __real_lz_os_page_size();
}

/* Every page is dirty; the table lists none yet. */
static void
set_up(void)
{
    size_t size = PAGES * lz_os_page_size();

    lz_zero_memset = memset;
    fake.pages = lz_os_map(size, lz_os_page_size());
    cr_assert_not_null(fake.pages);
    memset(fake.pages, DIRT, size);
    fake.answers[LZ_OS_ORACLE_SCAN] = SIZE_MAX;
    fake.answers[LZ_OS_ORACLE_PAGEMAP] = SIZE_MAX;
    fake.discard_zeroes = true;
}

TestSuite(zero, .init = set_up);

static void
populate(size_t first, size_t count)
{
    for (size_t i = first; i < first + count; i++)
        fake.populated[i] = true;
}

static void
refuse_all(void)
{
    fake.answers[LZ_OS_ORACLE_SCAN] = 0;
    fake.answers[LZ_OS_ORACLE_PAGEMAP] = 0;
}

/* Zero where the table lists a page inside [p, p + n), dirty elsewhere. */
static void
expect_as_listed(const char *p, size_t n)
{
    size_t page = lz_os_page_size();

    for (size_t i = 0; i < PAGES * page; i++) {
        const char *at = fake.pages + i;
        bool zero = fake.populated[i / page] && at >= p && at < p + n;

        cr_assert_eq((unsigned char)*at, zero ? 0 : DIRT, "byte %zu", i);
    }
}

/* Zero in all of [p, p + n), dirty elsewhere. */
static void
expect_zero(const char *p, size_t n)
{
    size_t before = (size_t)(p - fake.pages);
    size_t after = PAGES * lz_os_page_size() - before - n;

    cr_assert(all_bytes_are(fake.pages, before, DIRT));
    cr_assert(all_bytes_are(p, n, 0));
    cr_assert(all_bytes_are(p + n, after, DIRT));
}

Test(zero, pages_that_are_not_populated_are_left_alone)
{
    cr_expect_eq(lz_zero(address_of(MARGIN), 500 * lz_os_page_size()), 0);
    expect_as_listed(address_of(MARGIN), 500 * lz_os_page_size());
}

Test(zero, populated_pages_are_written_and_counted)
{
    char *p = address_of(MARGIN);
    size_t page = lz_os_page_size();

    populate(0, 1); /* outside */
    populate(MARGIN, 1);
    populate(100, 7);
    populate(MARGIN + 499, 1);
    populate(MARGIN + 500, 3); /* outside */
    cr_expect_eq(lz_zero(p, 500 * page), 9 * page);
    expect_as_listed(p, 500 * page);
}

/* The first and the last page belong in part to somebody else. */
Test(zero, a_range_that_starts_and_ends_inside_a_page)
{
    const size_t page = lz_os_page_size();
    const size_t starts[] = {0, 1, 8, page / 2, page - 1};
    const size_t sizes[] = {1, 7, page - 1, page, page + 1, 3 * page + 5};

    populate(0, PAGES);
    for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
        for (size_t k = 0; k < sizeof(sizes) / sizeof(sizes[0]); k++) {
            char *p = address_of(MARGIN) + starts[i];

            cr_expect_eq(lz_zero(p, sizes[k]), sizes[k]);
            expect_zero(p, sizes[k]);
            memset(p, DIRT, sizes[k]);
        }
    }
}

Test(zero, populated_pages_are_counted_up_to_a_bound)
{
    char *p = address_of(0);
    size_t page = lz_os_page_size();

    populate(10, 3);
    populate(200, 100);
    cr_expect_eq(lz_zero_populated(p, PAGES * page, 103 * page), 103 * page);
    cr_expect_gt(lz_zero_populated(p, PAGES * page, 50 * page), 50 * page);
    cr_expect_eq(lz_zero_populated(p, 100 * page, 50 * page), 3 * page);
    expect_as_listed(p, 0);
    /* The bound is met, and more comes with the next answer. */
    fake.most_pages = 50;
    cr_expect_gt(lz_zero_populated(p, PAGES * page, 3 * page), 3 * page);
    refuse_all();
    cr_expect_gt(lz_zero_populated(p, PAGES * page, 103 * page), 103 * page);
}

Test(zero, what_was_never_reached_begins_behind_the_last_page)
{
    char *p = address_of(0);
    size_t page = lz_os_page_size();

    cr_expect_eq(lz_zero_touched_end(p, PAGES * page), 0);
    for (size_t pages = 1; pages <= 70; pages += 23) {
        populate(0, pages);
        cr_expect_eq(lz_zero_touched_end(p, PAGES * page), pages * page);
        cr_expect_eq(lz_zero_touched_end(p, pages * page), pages * page);
    }
    /* A page behind the search's end: all of it counts. */
    populate(PAGES - 2, 1);
    cr_expect_eq(lz_zero_touched_end(p, PAGES * page), PAGES * page);
    cr_expect_eq(lz_zero_touched_end(p, (PAGES - 2) * page), 70 * page);
    expect_as_listed(p, 0);
    refuse_all();
    cr_expect_eq(lz_zero_touched_end(p, 100 * page), 100 * page);
}

Test(zero, nothing_to_do)
{
    populate(0, PAGES);
    cr_expect_eq(lz_zero(address_of(3), 0), 0);
    cr_expect_eq(lz_zero(address_of(3) + 100, 0), 0);
    expect_zero(address_of(3), 0);
}

/* More ranges than one question answers: the next goes on where it stopped. */
Test(zero, every_second_page)
{
    size_t page = lz_os_page_size();

    for (size_t i = 0; i < PAGES; i += 2)
        populate(i, 1);
    cr_expect_eq(lz_zero(address_of(0), PAGES * page), PAGES / 2 * page);
    cr_expect_gt(fake.questions[LZ_OS_ORACLE_SCAN], 1);
    cr_expect_eq(fake.questions[LZ_OS_ORACLE_PAGEMAP], 0);
    expect_as_listed(address_of(0), PAGES * page);
}

/* An answer may stop early, with room left for more ranges, or with none. */
Test(zero, answers_that_stop_early)
{
    size_t page = lz_os_page_size();

    fake.most_pages = 3;
    for (size_t i = 0; i < PAGES; i += 100)
        populate(i, 10);
    lz_zero(address_of(0), PAGES * page);
    expect_as_listed(address_of(0), PAGES * page);
    cr_expect_eq(fake.questions[LZ_OS_ORACLE_SCAN], (PAGES + 2) / 3);
}

Test(zero, the_second_oracle_where_the_first_does_not_answer)
{
    size_t page = lz_os_page_size();

    fake.answers[LZ_OS_ORACLE_SCAN] = 0;
    populate(10, 20);
    cr_expect_eq(lz_zero(address_of(0), PAGES * page), 20 * page);
    expect_as_listed(address_of(0), PAGES * page);
    cr_expect_eq(fake.questions[LZ_OS_ORACLE_SCAN], 1);
}

Test(zero, the_second_oracle_where_the_first_stops_answering)
{
    size_t page = lz_os_page_size();

    fake.answers[LZ_OS_ORACLE_SCAN] = 2;
    for (size_t i = 0; i < PAGES; i += 2)
        populate(i, 1);
    lz_zero(address_of(0), PAGES * page);
    expect_as_listed(address_of(0), PAGES * page);
    cr_expect_gt(fake.questions[LZ_OS_ORACLE_PAGEMAP], 0);
}

Test(zero, an_answer_that_does_not_go_on_is_none)
{
    fake.stands_still = true;
    cr_expect_eq(lz_zero(address_of(1), 100), 100);
    expect_zero(address_of(1), 100);
}

/* What an oracle wrote before it gave up does not spare the rest. */
Test(zero, no_oracle_at_all)
{
    const size_t page = lz_os_page_size();
    const size_t starts[] = {0, 1, page - 1};
    const size_t sizes[] = {1, page, 500 * page, 500 * page + 1};

    refuse_all();
    for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
        for (size_t k = 0; k < sizeof(sizes) / sizeof(sizes[0]); k++) {
            char *p = address_of(MARGIN) + starts[i];

            cr_expect_leq(lz_zero(p, sizes[k]), sizes[k]);
            expect_zero(p, sizes[k]);
            memset(p, DIRT, sizes[k]);
        }
    }
}

/* The edges share pages with others: those are written, not discarded. */
Test(zero, discarding_keeps_the_neighbours, NEEDS_LINUX)
{
    char *p = address_of(MARGIN) + 5;
    size_t page = lz_os_page_size(), n = 500 * page + 77;

    refuse_all();
    cr_expect_lt(lz_zero(p, n), 2 * page);
    cr_expect_eq(fake.discards, 1);
    expect_zero(p, n);
}

Test(zero, small_ranges_are_not_discarded)
{
    refuse_all();
    cr_expect_eq(lz_zero(address_of(1), 5 * lz_os_page_size()),
                 5 * lz_os_page_size());
    cr_expect_eq(fake.discards, 0);
}

/* Locked memory, for one. */
Test(zero, discarding_that_fails)
{
    size_t n = 800 * lz_os_page_size();

    refuse_all();
    fake.discard_error = EINVAL;
    cr_expect_eq(lz_zero(address_of(1), n), n);
    cr_expect_eq(fake.discards, 1);
    expect_zero(address_of(1), n);
}

Test(zero, discarding_that_does_not_zero_is_not_tried)
{
    size_t n = 800 * lz_os_page_size();

    refuse_all();
    fake.discard_zeroes = false;
    cr_expect_eq(lz_zero(address_of(1), n), n);
    cr_expect_eq(fake.discards, 0);
    expect_zero(address_of(1), n);
}

/* A forced oracle is asked first, and alone as long as it answers. */
Test(zero, forced_scan)
{
    lz_options.oracle = LZ_ORACLE_SCAN;
    populate(0, 9);
    lz_zero(address_of(0), 100 * lz_os_page_size());
    cr_expect_eq(fake.questions[LZ_OS_ORACLE_SCAN], 1);
    cr_expect_eq(fake.questions[LZ_OS_ORACLE_PAGEMAP], 0);
    expect_as_listed(address_of(0), 100 * lz_os_page_size());
}

Test(zero, forced_pagemap)
{
    lz_options.oracle = LZ_ORACLE_PAGEMAP;
    populate(0, 9);
    lz_zero(address_of(0), 100 * lz_os_page_size());
    cr_expect_eq(fake.questions[LZ_OS_ORACLE_SCAN], 0);
    cr_expect_eq(fake.questions[LZ_OS_ORACLE_PAGEMAP], 1);
    expect_as_listed(address_of(0), 100 * lz_os_page_size());
}

Test(zero, forced_discard, NEEDS_LINUX)
{
    size_t n = 900 * lz_os_page_size();

    lz_options.oracle = LZ_ORACLE_DISCARD;
    cr_expect_eq(lz_zero(address_of(1), n), 0);
    cr_expect_eq(fake.questions[LZ_OS_ORACLE_SCAN], 0);
    cr_expect_eq(fake.discards, 1);
    expect_zero(address_of(1), n);
}

Test(zero, forced_memset)
{
    size_t n = 900 * lz_os_page_size() + 3;

    lz_options.oracle = LZ_ORACLE_MEMSET;
    cr_expect_eq(lz_zero(address_of(1) + 1, n), n);
    cr_expect_eq(fake.questions[LZ_OS_ORACLE_SCAN], 0);
    cr_expect_eq(fake.discards, 0);
    expect_zero(address_of(1) + 1, n);
}

Test(zero, a_forced_oracle_that_fails_is_not_the_end)
{
    size_t n = 900 * lz_os_page_size();

    for (size_t oracle = LZ_ORACLE_SCAN; oracle <= LZ_ORACLE_MEMSET; oracle++) {
        lz_options.oracle = oracle;
        refuse_all();
        fake.discard_error = EPERM;
        cr_expect_eq(lz_zero(address_of(1), n), n);
        expect_zero(address_of(1), n);
        memset(address_of(1), DIRT, n);
    }
}

/* A device may hold its pages: they are written, not given back. */
Test(zero, a_live_block_keeps_its_pages)
{
    size_t page = lz_os_page_size(), n = 900 * page;

    populate(100, 7);
    for (size_t i = 0; i < 2; i++) {
        lz_options.oracle = i == 0 ? LZ_ORACLE_AUTO : LZ_ORACLE_SCAN;
        cr_expect_eq(lz_zero_live(address_of(1), n), 7 * page);
        expect_as_listed(address_of(1), n);
    }
    for (size_t i = 0; i < 2; i++) {
        lz_options.oracle = i == 0 ? LZ_ORACLE_AUTO : LZ_ORACLE_DISCARD;
        fake.answers[LZ_OS_ORACLE_SCAN] = 0;
        fake.answers[LZ_OS_ORACLE_PAGEMAP] = 0;
        cr_expect_eq(lz_zero_live(address_of(1), n), n);
        cr_expect_eq(fake.discards, 0);
        expect_zero(address_of(1), n);
        memset(address_of(1), DIRT, n);
    }
}

static bool
is_seen(const struct lz_sparse_look *look)
{
    for (int i = 0; i < LZ_SPARSE_AREAS; i++) {
        if (look->marks[i] != 0)
            return true;
    }
    return false;
}

Test(zero, a_look_sees_what_is_populated)
{
    size_t page = lz_os_page_size(), n = 900 * page;
    struct lz_sparse_look look;

    lz_sparse_begin(&look, fake.pages, PAGES * page);
    cr_expect_eq(lz_zero_seen(address_of(1), n, &look), 0);
    cr_expect_eq(lz_zero_populated_seen(address_of(1), n, n, &look), 0);
    cr_expect_not(is_seen(&look));
    populate(100, 7);
    cr_expect_eq(lz_zero_seen(address_of(1), n, &look), 7 * page);
    expect_as_listed(address_of(1), n);
    cr_expect(is_seen(&look));
    lz_sparse_begin(&look, fake.pages, PAGES * page);
    cr_expect_eq(lz_zero_populated_seen(address_of(1), n, n, &look), 7 * page);
    cr_expect(is_seen(&look));
}

/* Where nothing is populated the answer is empty, which is one. */
Test(zero, an_empty_answer_is_an_answer)
{
    size_t page = lz_os_page_size(), n = 900 * page;

    fake.most_pages = 50;
    populate(899, 1);
    cr_expect_eq(lz_zero_populated(address_of(0), n, n), page);
    cr_expect(lz_zero_is_present(address_of(0), n));
    cr_expect_eq(fake.presence_questions, 1);
    fake.absent = 899;
    cr_expect_not(lz_zero_is_present(address_of(0), n));
    cr_expect_eq(fake.questions[LZ_OS_ORACLE_PAGEMAP], 0);
    cr_expect_eq(lz_zero(address_of(0), n), page);
    cr_expect_eq(fake.discards, 0);
}

Test(zero, the_least_that_is_discarded, NEEDS_LINUX)
{
    size_t page = lz_os_page_size();

    refuse_all();
    lz_zero(address_of(1), LZ_MIB - page);
    cr_expect_eq(fake.discards, 0);
    lz_zero(address_of(1), LZ_MIB);
    cr_expect_eq(fake.discards, 1);
}

Test(zero, counting_that_stops_answering)
{
    size_t page = lz_os_page_size();

    populate(10, 3);
    fake.answers[LZ_OS_ORACLE_SCAN] = 0;
    cr_expect_eq(lz_zero_populated(address_of(0), 900 * page, 900 * page),
                 3 * page);
    cr_expect_eq(fake.questions[LZ_OS_ORACLE_PAGEMAP], 1);
    fake.answers[LZ_OS_ORACLE_PAGEMAP] = 0;
    cr_expect_gt(lz_zero_populated(address_of(0), 900 * page, 900 * page),
                 900 * page);
    fake.answers[LZ_OS_ORACLE_SCAN] = SIZE_MAX;
    fake.stands_still = true;
    memset(fake.populated, 0, sizeof(fake.populated));
    cr_expect_gt(lz_zero_populated(address_of(0), 900 * page, 900 * page),
                 900 * page);
}

/* The forced step, if it answers; else the first that does. */
Test(zero, which_step_answers)
{
    for (size_t forced = LZ_ORACLE_AUTO; forced <= LZ_ORACLE_MEMSET; forced++) {
        lz_options.oracle = forced;
        cr_expect_eq(lz_zero_oracle(),
                     (int)(forced == LZ_ORACLE_AUTO ? LZ_ORACLE_SCAN : forced));
    }
    for (size_t missing = 1; missing <= 3; missing++) {
        fake.answers[LZ_OS_ORACLE_SCAN] = 0;
        fake.answers[LZ_OS_ORACLE_PAGEMAP] = missing < 2 ? SIZE_MAX : 0;
        fake.discard_zeroes = missing < 3;
        lz_options.oracle = LZ_ORACLE_AUTO;
        cr_expect_eq(lz_zero_oracle(), LZ_ORACLE_SCAN + (int)missing);
        lz_options.oracle = LZ_ORACLE_SCAN;
        cr_expect_eq(lz_zero_oracle(), LZ_ORACLE_SCAN + (int)missing);
        lz_options.oracle = LZ_ORACLE_MEMSET;
        cr_expect_eq(lz_zero_oracle(), LZ_ORACLE_MEMSET);
    }
}

/* A byte of the words between, and of those before and behind. */
Test(zero, reading_finds_each_byte)
{
    static char bytes[64];

    for (size_t from = 0; from < 10; from++) {
        for (size_t n = 0; n < 40; n++) {
            cr_assert(lz_zero_is_zero(bytes + from, n));
            for (size_t i = 0; i < sizeof(bytes); i++) {
                bytes[i] = 1;
                cr_assert_eq(lz_zero_is_zero(bytes + from, n),
                             i < from || i >= from + n);
                bytes[i] = 0;
            }
        }
    }
}

static bool
is_present(void)
{
    return lz_zero_is_present(address_of(1), 900 * lz_os_page_size());
}

Test(zero, a_page_that_is_not_in_memory_is_found)
{
    for (size_t i = 2; i < 800; i += 2)
        populate(i, 1);
    cr_expect(is_present());
    fake.absent = 798;
    cr_expect_not(is_present());
    fake.absent = 2;
    fake.questions[LZ_OS_ORACLE_SCAN] = 0;
    cr_expect_not(is_present());
    cr_expect_eq(fake.questions[LZ_OS_ORACLE_SCAN], 1);
    /* It is not written. */
    cr_expect_eq(*address_of(2), (char)DIRT);
}

/* The second oracle is asked; what neither can tell does not count. */
Test(zero, what_is_not_in_memory_may_be_unknown)
{
    populate(0, PAGES);
    fake.absent = 700;
    fake.answers[LZ_OS_ORACLE_SCAN] = 0;
    cr_expect_not(is_present());
    fake.answers[LZ_OS_ORACLE_PAGEMAP] = 0;
    cr_expect(is_present());
    fake.answers[LZ_OS_ORACLE_SCAN] = SIZE_MAX;
    fake.stands_still = true;
    cr_expect(is_present());
}

/* Before the constructors libc's memset is not known. */
Test(zero, writing_without_libc)
{
    size_t n = 7 * lz_os_page_size() + 9;

    lz_zero_memset = NULL;
    lz_zero_write(address_of(1) + 3, n);
    expect_zero(address_of(1) + 3, n);
    lz_zero_write(address_of(0), 0);
    expect_zero(address_of(1) + 3, n);
}

Test(zero, writing_keeps_errno)
{
    for (size_t oracle = LZ_ORACLE_AUTO; oracle <= LZ_ORACLE_MEMSET; oracle++) {
        lz_options.oracle = oracle;
        populate(0, 300);
        errno = ERRNO_MARK;
        lz_zero(address_of(0), 300 * lz_os_page_size());
        EXPECT_ERRNO_KEPT();
    }
}
