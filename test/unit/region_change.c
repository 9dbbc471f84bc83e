/* SPDX-License-Identifier: MIT */
/*
 * How the library observes what a program does to its memory: which range marks
 * which blocks, and what a mark, or no mark, means for the next owner.
 */
#include "large/region_inside.h"

#include "control/options.h"
#include "fake_os.h"
#include "large/index.h"
#include "large/pool.h"
#include "region_block.h"

#define GRANULE LZ_INDEX_GRANULE

WRAPPED(bool, lz_os_make_plain, char *start, size_t length);
WRAPPED(bool, lz_os_is_plain, char *start, size_t length);
WRAPPED(bool, lz_os_is_surely_plain, char *start, size_t length);
WRAPPED(bool, lz_os_take_advice_back, char *start, size_t length);
WRAPPED(void, lz_os_want_hugepages, void *start, size_t length, bool wanted);

static struct {
    size_t made, asked; /* questions to the system */
    bool is_odd;        /* what it says */
    bool is_sure;
    size_t taken;
    size_t hugepages[2]; /* how often: none, and some were asked for */
} fake;

bool
__wrap_lz_os_make_plain(char *start, size_t length)
{
    (void)start;
    (void)length;
    fake.made++;
    return !fake.is_odd;
}

bool
__wrap_lz_os_is_plain(char *start, size_t length)
{
    (void)start;
    (void)length;
    fake.asked++;
    return !fake.is_odd;
}

bool
__wrap_lz_os_is_surely_plain(char *start, size_t length)
{
    (void)start;
    (void)length;
    return fake.is_sure;
}

bool
__wrap_lz_os_take_advice_back(char *start, size_t length)
{
    (void)start;
    (void)length;
    fake.taken++;
    return true;
}

void
__wrap_lz_os_want_hugepages(void *start, size_t length, bool wanted)
{
    (void)start;
    (void)length;
    fake.hugepages[wanted]++;
}

static void
reset(void)
{
    lz_options.decay_ms = 3600000;
    lz_options.retain = 1024 * LZ_MIB;
    errno = ERRNO_MARK;
}

TestSuite(region_change, .init = reset);

static struct lz_region *
make(size_t n)
{
    void *p = region_block(n, 1, false);

    cr_assert_not_null(p);
    return lz_region_find(p);
}

static int
change_of(const struct lz_region *region)
{
    return region->change;
}

/* Marks [from, to), counted from the mapping's start; then what it is. */
static int
after_change(struct lz_region *region, intptr_t from, intptr_t to)
{
    region->change = LZ_REGION_UNCHANGED;
    lz_region_change(region->entry.map + from, (size_t)(to - from),
                     LZ_REGION_ALTERED);
    EXPECT_ERRNO_KEPT();
    return change_of(region);
}

Test(region_change, every_part_of_a_region_is_it)
{
    struct lz_region *region = make(9 * LZ_MIB);
    intptr_t size = (intptr_t)region->entry.map_size;
    intptr_t page = (intptr_t)lz_os_page_size();

    for (intptr_t at = 0; at < size; at += page)
        cr_assert_eq(after_change(region, at, at + page), LZ_REGION_ALTERED);
    cr_expect_eq(after_change(region, 0, size), LZ_REGION_ALTERED);
    cr_expect_eq(after_change(region, 1, 2), LZ_REGION_ALTERED);
    cr_expect_eq(after_change(region, size - 1, size), LZ_REGION_ALTERED);
    cr_expect_eq(after_change(region, -page, 1), LZ_REGION_ALTERED);
    cr_expect_eq(after_change(region, -page, size + page), LZ_REGION_ALTERED);
    cr_expect_eq(after_change(region, size - 1, size + page),
                 LZ_REGION_ALTERED);
}

Test(region_change, what_lies_beside_it_is_not)
{
    struct lz_region *region = make(9 * LZ_MIB);
    intptr_t size = (intptr_t)region->entry.map_size;
    intptr_t page = (intptr_t)lz_os_page_size();

    cr_expect_eq(after_change(region, -page, 0), LZ_REGION_UNCHANGED);
    cr_expect_eq(after_change(region, size, size + page), LZ_REGION_UNCHANGED);
    cr_expect_eq(after_change(region, size, size + 999 * (intptr_t)GRANULE),
                 LZ_REGION_UNCHANGED);
    cr_expect_eq(after_change(region, 5, 5), LZ_REGION_UNCHANGED);
}

Test(region_change, ranges_may_be_anything)
{
    struct lz_region *region = make(9 * LZ_MIB);

    lz_region_change(NULL, SIZE_MAX, LZ_REGION_ALTERED);
    cr_expect_eq(change_of(region), LZ_REGION_ALTERED);
    region->change = LZ_REGION_UNCHANGED;
    lz_region_change(NULL, 1, LZ_REGION_ALTERED);
    lz_region_change((void *)(UINTPTR_MAX - 5), 100, LZ_REGION_ALTERED);
    lz_region_change((void *)UINTPTR_MAX, 0, LZ_REGION_ALTERED);
    cr_expect_eq(change_of(region), LZ_REGION_UNCHANGED);
}

Test(region_change, a_range_finds_all_of_several)
{
    struct lz_region *regions[20];
    uintptr_t from = UINTPTR_MAX, to = 0;

    for (size_t i = 0; i < 20; i++) {
        uintptr_t at;

        regions[i] = make((i % 5 + 1) * LZ_MIB);
        at = (uintptr_t)regions[i]->entry.map;
        from = at < from ? at : from;
        to = at > to ? at : to;
    }
    /* To the first byte of the last one, from the last of the first. */
    lz_region_change((void *)(from + LZ_MIB), to + 1 - from - LZ_MIB,
                     LZ_REGION_ALTERED);
    for (size_t i = 0; i < 20; i++)
        cr_expect_eq(change_of(regions[i]), LZ_REGION_ALTERED, "%zu", i);
}

#if SIZE_MAX > UINT32_MAX
/* All of a terabyte is in the range that is looked at, and a page of it. */
Test(region_change, a_large_one_is_found_from_anywhere,
     .disabled = !TEST_HAS_KERNEL || !IS_WIDE)
{
    struct lz_region *region = make((size_t)1 << 40);
    intptr_t page = (intptr_t)lz_os_page_size();

    for (intptr_t at = 0; at < (intptr_t)1 << 40; at += (intptr_t)1 << 33)
        cr_assert_eq(after_change(region, at, at + page), LZ_REGION_ALTERED);
    cr_assert(lz_region_free(region));
    lz_region_release_all();
}
#endif

Test(region_change, the_worst_stays)
{
    struct lz_region *region = make(LZ_MIB);

    lz_region_change(region->base, 1, LZ_REGION_REMAPPED);
    lz_region_change(region->base, 1, LZ_REGION_ALTERED);
    cr_expect_eq(change_of(region), LZ_REGION_REMAPPED);
}

Test(region_change, growing_keeps_what_was_known, NEEDS_LINUX)
{
    struct lz_region *region = make(3 * LZ_MIB);

    cr_assert_not_null(lz_region_grow(region, 40 * LZ_MIB, 1));
    cr_expect_eq(change_of(region), LZ_REGION_UNCHANGED);
    cr_expect_eq(
        after_change(region, 39 * (intptr_t)LZ_MIB, 40 * (intptr_t)LZ_MIB),
        LZ_REGION_ALTERED);
}

/* Until all changes are observed, the system is asked. */
Test(region_change, before_anything_is_heard_the_system_is_asked)
{
    struct lz_region *region = make(LZ_MIB);

    cr_expect(lz_region_make_plain(region));
    cr_expect_eq(fake.made, 1);
    fake.is_odd = true;
    cr_expect_not(lz_region_make_plain(region));
}

/* Somebody else's mmap or mprotect is bound: only a sure answer will do. */
Test(region_change, to_the_deaf_the_system_must_be_sure)
{
    struct lz_region *region = make(LZ_MIB);

    lz_region_change_unobserved();
    lz_region_change_observed();
    cr_expect_not(lz_region_make_plain(region));
    fake.is_sure = true;
    cr_expect(lz_region_make_plain(region));
    cr_expect_eq(fake.made, 1);
    fake.is_odd = true;
    cr_expect_not(lz_region_make_plain(region));
}

Test(region_change, an_unchanged_one_needs_no_question_unless_for_zeros)
{
    struct lz_region *region = make(LZ_MIB);

    lz_region_change_observed();
    fake.is_odd = true;
    cr_expect(lz_region_make_plain(region));
    cr_expect(lz_region_is_ours(region, false));
    cr_expect_eq(fake.asked + fake.made, 0);
    cr_expect_not(lz_region_is_ours(region, true));
    cr_expect_eq(fake.asked, 1);
}

Test(region_change, a_treated_one_is_made_plain_and_is_as_new)
{
    struct lz_region *region = make(LZ_MIB);

    lz_region_change_observed();
    lz_region_change(region->base, 1, LZ_REGION_ALTERED);
    cr_expect(lz_region_make_plain(region));
    cr_expect_eq(fake.made, 1);
    cr_expect(lz_region_make_plain(region));
    cr_expect(lz_region_is_ours(region, false));
    cr_expect_eq(fake.made, 1, "once");
}

Test(region_change, a_remapped_one_is_not_ours)
{
    struct lz_region *region = make(LZ_MIB);

    lz_region_change_observed();
    lz_region_change(region->base, 1, LZ_REGION_REMAPPED);
    cr_expect_not(lz_region_make_plain(region));
    cr_expect_not(lz_region_is_ours(region, false));
    cr_expect_not(lz_region_is_ours(region, true));
    cr_expect_eq(fake.asked + fake.made, 0);
}

/* Later its holes may be somebody else's. */
Test(region_change, a_remapped_one_is_unmapped_when_it_is_freed)
{
    struct lz_region *region = make(LZ_MIB);

    lz_region_change_observed();
    lz_region_change(region->base, 1, LZ_REGION_REMAPPED);
    fake_os_reset();
    lz_region_free(region);
    cr_expect_eq(fake_os.unmaps, 1);
    cr_expect(lz_pool_is_empty());
}

/* The program's own mapping, where it knew a block of its once. */
Test(region_change, what_is_mapped_over_a_kept_block_stays)
{
    struct lz_region *region = make(5 * LZ_MIB);
    char *map = region->entry.map;
    size_t unmaps;

    lz_region_change_observed();
    cr_expect(lz_region_free(region));
    cr_expect_not(lz_pool_is_empty());
    lz_region_change(map, region->entry.map_size, LZ_REGION_REMAPPED);
    unmaps = fake_os.unmaps;
    cr_expect_eq(lz_region_release_all(), 1);
    cr_expect_eq(fake_os.unmaps, unmaps);
    cr_expect_null(lz_index_get(map));
}

Test(region_change, one_that_stays_odd_is_unmapped_when_it_is_freed)
{
    struct lz_region *region = make(LZ_MIB);

    lz_region_change_observed();
    lz_region_change(region->base, 1, LZ_REGION_ALTERED);
    fake.is_odd = true;
    fake_os_reset();
    lz_region_free(region);
    cr_expect_eq(fake_os.unmaps, 1);
    cr_expect(lz_pool_is_empty());
}

/* The slack goes, so that one mapping may be as the program made it. */
Test(region_change, a_shrunk_one_is_as_plain_as_before)
{
    struct lz_region *region = make(20 * LZ_MIB);

    cr_expect(lz_region_resize(region, 2 * LZ_MIB));
    cr_expect_eq(change_of(region), LZ_REGION_UNCHANGED);
    region = make(20 * LZ_MIB);
    lz_region_change(region->base, 1, LZ_REGION_ALTERED);
    cr_expect(lz_region_resize(region, 2 * LZ_MIB));
    cr_expect_eq(change_of(region), LZ_REGION_REMAPPED);
    region = make(20 * LZ_MIB);
    fake.is_odd = true;
    cr_expect(lz_region_resize(region, 2 * LZ_MIB));
    cr_expect_eq(change_of(region), LZ_REGION_REMAPPED);
}

/* Without a new mapping size the slack stays. */
Test(region_change, a_treated_one_may_shrink_within_its_mapping)
{
    struct lz_region *region = make(20 * LZ_MIB);

    lz_region_change(region->base, 1, LZ_REGION_ALTERED);
    cr_expect(lz_region_resize(region, 15 * LZ_MIB));
    cr_expect_eq(change_of(region), LZ_REGION_ALTERED);
}

/* What is advised when [from, to) of the block is, counted from its base. */
static struct lz_os_range
advise(struct lz_region *region, size_t from, size_t to,
       enum lz_region_advice advice)
{
    void *p = region->base + from;
    size_t n = to - from;

    lz_region_advise(&p, &n, advice);
    EXPECT_ERRNO_KEPT();
    return (struct lz_os_range){(uintptr_t)p, (uintptr_t)p + n, 0};
}

static void
expect_widened(size_t from, size_t to, bool widened)
{
    struct lz_region *region = make(9 * LZ_MIB);
    uintptr_t map = (uintptr_t)region->entry.map;
    uintptr_t base = (uintptr_t)region->base;
    struct lz_os_range range = advise(region, from, to, LZ_REGION_HUGEPAGE);

    cr_expect_eq(range.start, widened ? map : base + from, "%zu", from);
    cr_expect_eq(range.end, widened ? map + region->entry.map_size : base + to,
                 "%zu", to);
    cr_expect_eq(change_of(region),
                 widened ? LZ_REGION_UNCHANGED : LZ_REGION_ALTERED);
}

Test(region_change, advice_for_most_of_a_block_is_for_its_mapping)
{
    size_t page = lz_os_page_size(), all = 9 * LZ_MIB;

    expect_widened(0, all, true);
    expect_widened(0, all - 5, true);
    expect_widened(page, all, true);
    expect_widened(2 * LZ_MIB - page, all - 2 * LZ_MIB + page, true);
    expect_widened(2 * LZ_MIB, all, false);
    expect_widened(0, all - 2 * LZ_MIB, false);
    expect_widened(0, all + 1, false);
    expect_widened(0, page, false);
}

Test(region_change, advice_that_the_kernel_refuses_is_no_treatment)
{
    struct lz_region *region = make(9 * LZ_MIB);

    advise(region, 1, 9 * LZ_MIB, LZ_REGION_HUGEPAGE);
    cr_expect_eq(change_of(region), LZ_REGION_UNCHANGED);
}

/* Of a block that is not much longer than the margins, half. */
Test(region_change, advice_for_a_third_is_not)
{
    struct lz_region *region = make(3 * LZ_MIB);

    advise(region, LZ_MIB, 2 * LZ_MIB, LZ_REGION_ACCESS);
    cr_expect_eq(change_of(region), LZ_REGION_ALTERED);
}

Test(region_change, advice_for_a_treated_block_is_exact)
{
    struct lz_region *region = make(9 * LZ_MIB);
    struct lz_os_range range;

    lz_region_change(region->base, 1, LZ_REGION_ALTERED);
    range = advise(region, 0, 9 * LZ_MIB, LZ_REGION_HUGEPAGE);
    cr_expect_eq(range.start, (uintptr_t)region->base);
    cr_expect_eq(range.end, (uintptr_t)region->base + 9 * LZ_MIB);
    cr_expect_eq(change_of(region), LZ_REGION_ALTERED);
}

/* As every mapping is: a part of it too may be told so. */
Test(region_change, advice_that_changes_nothing_is_no_treatment)
{
    struct lz_region *region = make(9 * LZ_MIB);
    size_t page = lz_os_page_size();

    advise(region, 0, page, LZ_REGION_NO_ACCESS);
    advise(region, 0, page, LZ_REGION_DODUMP);
    advise(region, 0, page, LZ_REGION_NO_MERGE);
    cr_expect_eq(change_of(region), LZ_REGION_UNCHANGED);
    advise(region, 0, 9 * LZ_MIB, LZ_REGION_DONTDUMP);
    cr_expect_eq(change_of(region), LZ_REGION_UNCHANGED);
    advise(region, 0, page, LZ_REGION_NO_MERGE);
    cr_expect_eq(change_of(region), LZ_REGION_UNCHANGED);
    advise(region, 0, page, LZ_REGION_DODUMP);
    cr_expect_eq(change_of(region), LZ_REGION_ALTERED);
}

static size_t
taken_back_after(enum lz_region_advice advice, enum lz_region_advice then)
{
    struct lz_region *region = make(9 * LZ_MIB);

    fake.taken = 0;
    advise(region, 0, 9 * LZ_MIB, advice);
    advise(region, 0, 9 * LZ_MIB, then);
    cr_expect(lz_region_make_plain(region));
    cr_expect_eq(region->advice, 0);
    cr_expect_eq(fake.asked + fake.made, 0);
    return fake.taken;
}

Test(region_change, advice_is_taken_back_when_the_block_is_freed)
{
    lz_region_change_observed();
    cr_expect_eq(taken_back_after(LZ_REGION_ACCESS, LZ_REGION_ACCESS), 1);
    cr_expect_eq(taken_back_after(LZ_REGION_DONTDUMP, LZ_REGION_HUGEPAGE), 1);
    cr_expect_eq(taken_back_after(LZ_REGION_MERGE, LZ_REGION_NO_ACCESS), 1);
    cr_expect_eq(taken_back_after(LZ_REGION_ACCESS, LZ_REGION_NO_ACCESS), 0);
    cr_expect_eq(taken_back_after(LZ_REGION_DONTDUMP, LZ_REGION_DODUMP), 0);
    cr_expect_eq(taken_back_after(LZ_REGION_MERGE, LZ_REGION_NO_MERGE), 0);
    cr_expect_eq(taken_back_after(LZ_REGION_HUGEPAGE, LZ_REGION_NOHUGEPAGE), 0);
}

/* What a program advises three times in a row is what its blocks are given. */
Test(region_change, huge_pages_are_learnt_from_advice)
{
    for (int i = 0; i < 3; i++)
        advise(make(9 * LZ_MIB), 0, 9 * LZ_MIB, LZ_REGION_HUGEPAGE);
    fake.hugepages[true] = 0;
    make(9 * LZ_MIB);
    cr_expect_eq(fake.hugepages[true], 1);
    advise(make(9 * LZ_MIB), 0, 9 * LZ_MIB, LZ_REGION_NOHUGEPAGE);
    fake.hugepages[true] = 0;
    make(9 * LZ_MIB);
    cr_expect_eq(fake.hugepages[true], 0);
}

/* The option says what the next owner has, whatever this one asked for. */
Test(region_change, huge_pages_are_what_the_option_says_after_the_free)
{
    for (int always = 0; always <= 1; always++) {
        struct lz_region *region = make(9 * LZ_MIB);

        lz_options.hugepages =
            always ? LZ_HUGEPAGES_ALWAYS : LZ_HUGEPAGES_NEVER;
        advise(region, 0, 9 * LZ_MIB,
               always ? LZ_REGION_NOHUGEPAGE : LZ_REGION_HUGEPAGE);
        fake.hugepages[always] = 0;
        cr_expect(lz_region_make_plain(region));
        cr_expect_eq(fake.hugepages[always], 1);
    }
}

/* --- one block, and all of it as it was made ----------------------------- */

Test(region_change, a_range_is_alone_in_one_block_or_in_none)
{
    struct lz_region *region = make(9 * LZ_MIB);
    char *map = region->entry.map, *end = lz_region_map_end(region);

    cr_expect_eq(lz_region_alone(map, region->entry.map_size), region);
    cr_expect_eq(lz_region_alone(end - 1, 1), region);
    cr_expect_null(lz_region_alone(map - 1, 2));
    cr_expect_null(lz_region_alone(end - 1, GRANULE + 1));
    cr_expect_null(lz_region_alone(&region, 1));
}

Test(region_change, within_is_of_an_untreated_block_that_the_kernel_confirms)
{
    struct lz_region *region = make(9 * LZ_MIB);
    char *p = region->base;
    size_t n = region->usable;

    fake.is_sure = true;
    cr_expect(lz_region_is_within(p, n));
    cr_expect(lz_region_is_within(p + n - 1, 1));
    cr_expect_not(lz_region_is_within(p, n + 1));
    if (p != region->entry.map)
        cr_expect_not(lz_region_is_within(p - 1, 2));
    cr_expect_not(lz_region_is_within(&region, 1));
    fake.is_sure = false;
    cr_expect_not(lz_region_is_within(p, n));
    fake.is_sure = true;
    fake.is_odd = true;
    cr_expect_not(lz_region_is_within(p, n));
    fake.is_odd = false;
    lz_region_change(p, 1, LZ_REGION_ALTERED);
    cr_expect_not(lz_region_is_within(p, n));
    region = make(9 * LZ_MIB);
    p = region->base;
    cr_expect(lz_region_is_within(p, n));
    cr_expect(lz_region_free(region));
    cr_expect_not(lz_region_is_within(p, n), "not the program's any more");
}

/* The program's memset of a changed block is libc's. */
Test(region_change, memset_of_a_changed_block_is_a_write)
{
    char *p = region_block(LZ_MIB, 1, false);

    lz_region_change(p, 1, LZ_REGION_ALTERED);
    cr_expect_not(lz_region_memset(p, LZ_MIB));
    p = region_block(LZ_MIB, 1, false);
    cr_expect(lz_region_memset(p, LZ_MIB));
}
