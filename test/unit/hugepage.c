/* SPDX-License-Identifier: MIT */
/*
 * Which advice about huge pages a fresh region gets, by its size class and by
 * the option.
 */
#include "large/hugepage.h"

#include "control/options.h"
#include "control/stats.h"
#include "large/pool.h"
#include "os/os.h"
#include "support.h"

WRAPPED(void, lz_os_want_hugepages, void *start, size_t length, bool wanted);

#define SIZE (8 * LZ_MIB)
#define CONVINCED 3

/* No function here touches the mapping. */
#define MAP ((void *)(uintptr_t)(64 * LZ_MIB))

static size_t wishes, refusals;
static size_t asked_for; /* the last length */

void
__wrap_lz_os_want_hugepages(void *start, size_t length, bool wanted)
{
    cr_expect_eq(start, MAP);
    asked_for = length;
    wishes += wanted;
    refusals += !wanted;
}

/* True: a fresh region of this size asks for huge pages, all of it. */
static bool
asks(size_t map_size)
{
    size_t before = wishes;

    asked_for = 0;
    errno = ERRNO_MARK;
    lz_hugepage_apply(MAP, map_size);
    EXPECT_ERRNO_KEPT();
    cr_expect_eq(lz_stats.hugepage_regions, wishes);
    if (wishes == before)
        return false;
    cr_expect_eq(asked_for, map_size);
    return true;
}

static void
learn(size_t map_size, bool full, int times)
{
    for (int i = 0; i < times; i++)
        lz_hugepage_learn(map_size, full);
}

Test(hugepage, nothing_is_asked_before_something_was_learned)
{
    cr_expect_not(asks(SIZE));
    cr_expect_eq(refusals, 0);
}

Test(hugepage, it_takes_three_full_uses)
{
    for (int i = 0; i < CONVINCED; i++) {
        cr_expect_not(asks(SIZE), "after %d", i);
        learn(SIZE, true, 1);
    }
    cr_expect(asks(SIZE));
    cr_expect_eq(refusals, 0);
}

/* Whoever asks uses one up: what is not seen to be full may be sparse by now.
 */
Test(hugepage, no_more_than_four_ask_until_one_is_seen_to_be_full)
{
    learn(SIZE, true, 1000);
    for (int i = 0; i < 4; i++)
        cr_expect(asks(SIZE), "after %d", i);
    cr_expect_not(asks(SIZE));
    learn(SIZE, true, 1);
    cr_expect(asks(SIZE));
    cr_expect_not(asks(SIZE));
}

Test(hugepage, a_sparse_use_is_worth_three_full_ones)
{
    learn(SIZE, true, 1000);
    cr_expect(asks(SIZE));
    learn(SIZE, false, 1);
    cr_expect_not(asks(SIZE));
    learn(SIZE, true, CONVINCED - 1);
    cr_expect_not(asks(SIZE));
    learn(SIZE, true, 1);
    cr_expect(asks(SIZE));
}

Test(hugepage, a_sparse_use_starts_the_row_again)
{
    for (int i = 0; i < 10; i++) {
        learn(SIZE, true, CONVINCED - 1);
        learn(SIZE, false, 1);
    }
    cr_expect_not(asks(SIZE));
}

/* No class learns for another: small and large, first and last. */
Test(hugepage, every_class_learns_for_itself)
{
    size_t size = lz_pool_class_size(4 * LZ_MIB), above;

    for (; size < LZ_SIZE_LIMIT / 4; size = above) {
        above = lz_pool_class_size(size + 1);
        learn(size, true, CONVINCED + 1);
        cr_assert(asks(size), "%zu", size);
        cr_assert_not(asks(above), "%zu", above);
    }
    learn(SIZE, false, 1);
    cr_expect_not(asks(SIZE));
    cr_expect(asks(lz_pool_class_size(SIZE + 1)));
}

/* One huge page would be half of the region. */
Test(hugepage, small_regions_do_not_ask)
{
    learn(2 * LZ_MIB, true, 10);
    cr_expect_not(asks(2 * LZ_MIB));
    learn(4 * LZ_MIB, true, 10);
    cr_expect(asks(4 * LZ_MIB));
}

Test(hugepage, always)
{
    lz_options.hugepages = LZ_HUGEPAGES_ALWAYS;
    learn(SIZE, false, 10);
    cr_expect(asks(SIZE));
    cr_expect(asks(2 * LZ_MIB));
    cr_expect_eq(refusals, 0);
}

Test(hugepage, never)
{
    lz_options.hugepages = LZ_HUGEPAGES_NEVER;
    learn(SIZE, true, 10);
    cr_expect_not(asks(SIZE));
    cr_expect_eq(refusals, 1);
    cr_expect_eq(asked_for, SIZE);
    cr_expect_not(asks(2 * LZ_MIB));
    cr_expect_eq(refusals, 2);
}

Test(hugepage, the_systems_own_policy)
{
    lz_options.hugepages = LZ_HUGEPAGES_SYSTEM;
    learn(SIZE, true, 10);
    cr_expect_not(asks(SIZE));
    cr_expect_eq(wishes + refusals, 0);
}

/* Each that asks uses one up, and one sparse use all. */
Test(hugepage, a_class_that_was_full_in_a_run_before)
{
    lz_hugepage_expect(SIZE, 2);
    cr_expect(lz_hugepage_apply(MAP, SIZE));
    cr_expect(asks(SIZE));
    cr_expect_not(asks(SIZE));
    cr_expect_not(lz_hugepage_apply(MAP, SIZE));
    lz_hugepage_expect(SIZE, 1000);
    learn(SIZE, true, 10);
    for (int i = 0; i < 200; i++)
        cr_assert(asks(SIZE), "after %d", i);
    cr_expect_not(asks(SIZE));
    lz_hugepage_expect(SIZE, 1000);
    learn(SIZE, false, 1);
    cr_expect_not(asks(SIZE));
    lz_hugepage_expect(2 * LZ_MIB, 1000);
    cr_expect_not(asks(2 * LZ_MIB));
}

/* Only what was learned is worth a check. */
Test(hugepage, who_asked_for_them)
{
    lz_options.hugepages = LZ_HUGEPAGES_ALWAYS;
    cr_expect_not(lz_hugepage_apply(MAP, SIZE));
    lz_options.hugepages = LZ_HUGEPAGES_SYSTEM;
    lz_hugepage_expect(SIZE, 2);
    cr_expect_not(lz_hugepage_apply(MAP, SIZE));
}

Test(hugepage, none_while_a_profile_is_learned)
{
    lz_options.learn[0] = 'x';
    learn(SIZE, true, 10);
    cr_expect_not(asks(SIZE));
    cr_expect_eq(refusals, 1);
}

static void
learn_and_ask(unsigned number)
{
    size_t size = lz_pool_class_size((number % 4 + 2) * SIZE);

    for (int i = 0; i < 100000; i++)
        lz_hugepage_learn(size, true);
}

Test(hugepage, threads_learn_together)
{
    run_threads(8, learn_and_ask);
    for (size_t i = 2; i < 6; i++)
        cr_expect(asks(lz_pool_class_size(i * SIZE)));
}
