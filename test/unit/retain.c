/* SPDX-License-Identifier: MIT */
#include "large/retain.h"

#include "control/options.h"
#include "os/os.h"
#include "support.h"

WRAPPED(uint64_t, lz_os_now, void);
WRAPPED(void, lz_os_work, struct lz_os_work *work);
WRAPPED(size_t, lz_os_memory_free, void);
WRAPPED(size_t, lz_os_memory_size, void);

static uint64_t clock_now = 1000;
static struct lz_os_work work = {.cpu = 500, .sleeps = 7};
static size_t memory_free = SIZE_MAX, memory_size;
static size_t questions;  /* about free memory */
static size_t work_asked; /* how often lz_os_work was called */

uint64_t
__wrap_lz_os_now(void)
{
    return clock_now;
}

void
__wrap_lz_os_work(struct lz_os_work *now)
{
    work_asked++;
    *now = work;
}

size_t
__wrap_lz_os_memory_free(void)
{
    questions++;
    return memory_free;
}

size_t
__wrap_lz_os_memory_size(void)
{
    return memory_size;
}

#define CLASS 17
#define SIZE (100 * LZ_MIB)
#define LEAST LZ_RETAIN_LEAST

/* Room for the offset of a block in its mapping. */
#define SLACK LZ_MIB

/* The program works, or waits, for so many milliseconds. */
static void
spend(uint64_t worked, uint64_t waited)
{
    clock_now += worked + waited;
    work.cpu += worked;
    work.sleeps += waited > 0;
}

/* The program once had a GiB in use, and now has nothing. */
static void
reset(void)
{
    lz_retain_use((intptr_t)LZ_MIB * 1024);
    lz_retain_use(-(intptr_t)LZ_MIB * 1024);
}

TestSuite(retain, .init = reset);

/* --- the peak ------------------------------------------------------------ */

#define GIANT (1280 * LZ_MIB)

static size_t
allocate_giant(void)
{
    size_t before = lz_retain_peak();

    lz_retain_use((intptr_t)GIANT);
    return before;
}

Test(retain, a_block_that_held_next_to_nothing_is_no_peak)
{
    size_t before = allocate_giant();

    lz_retain_use(-(intptr_t)GIANT);
    cr_expect_eq(lz_retain_peak(), GIANT);
    lz_retain_held_less(GIANT - LZ_MIB, before, true);
    cr_expect_eq(lz_retain_peak(), 1024 * LZ_MIB, "there was an earlier one");
}

Test(retain, an_end_that_was_never_reached_is_no_peak)
{
    size_t before = allocate_giant();

    lz_retain_use(-(intptr_t)GIANT);
    lz_retain_held_less(100 * LZ_MIB, before, false);
    cr_expect_eq(lz_retain_peak(), GIANT - 100 * LZ_MIB);
}

Test(retain, twice_what_a_zeroed_block_held_stays)
{
    size_t before = allocate_giant();

    lz_retain_use(-(intptr_t)GIANT);
    lz_retain_held_less(100 * LZ_MIB, before, true);
    cr_expect_eq(lz_retain_peak(), GIANT, "it is no more than it was");
    lz_retain_held_less(GIANT - 600 * LZ_MIB, before, true);
    cr_expect_eq(lz_retain_peak(), 1200 * LZ_MIB);
}

Test(retain, nor_is_the_peak_less_than_what_is_in_use)
{
    allocate_giant();
    lz_retain_use((intptr_t)LZ_MIB * 500);
    lz_retain_use(-(intptr_t)GIANT);
    lz_retain_held_less(2 * GIANT, 0, true);
    cr_expect_eq(lz_retain_peak(), 500 * LZ_MIB);
    lz_retain_use(-(intptr_t)LZ_MIB * 500);
}

/* --- evidence ------------------------------------------------------------ */

Test(retain, without_evidence_little_is_kept)
{
    cr_expect_eq(lz_retain_limit(), LEAST);
    lz_retain_fresh(CLASS, SIZE, false);
    cr_expect_eq(lz_retain_limit(), LEAST);
    lz_retain_let_go(CLASS, SIZE);
    cr_expect_eq(lz_retain_limit(), LEAST);
}

Test(retain, a_64th_of_the_memory_is_kept_without_evidence)
{
    const size_t part = 40 * LZ_MIB;

    memory_size = 64 * part;
    lz_retain_look(LEAST);
    cr_expect_eq(lz_retain_limit(), LEAST, "so little is not worth a question");
    lz_retain_look(LEAST + 1);
    cr_expect_eq(lz_retain_limit(), part);
    lz_retain_let_go(CLASS, part / 2);
    lz_retain_fresh(CLASS, part / 2, false);
    cr_expect_eq(lz_retain_limit(), part);
    lz_retain_let_go(CLASS, SIZE);
    lz_retain_fresh(CLASS, SIZE, false);
    cr_expect_eq(lz_retain_limit(), part / 2 + SIZE + SLACK);
}

Test(retain, but_no_more_than_512_mib_of_it)
{
    memory_size = SIZE_MAX;
    lz_retain_look(LEAST + 1);
    cr_expect_eq(lz_retain_limit(), IS_WIDE ? 512 * LZ_MIB : SIZE_MAX / 64);
}

Test(retain, where_memory_is_small_the_least_is_kept)
{
    memory_size = 512 * LZ_MIB;
    lz_retain_look(LEAST + 1);
    cr_expect_eq(lz_retain_limit(), LEAST);
}

Test(retain, a_request_for_what_was_just_let_go_is_evidence)
{
    lz_retain_let_go(CLASS, SIZE);
    lz_retain_fresh(CLASS, SIZE, false);
    cr_expect_eq(lz_retain_limit(), SIZE + SLACK);
    lz_retain_fresh(CLASS, SIZE, false);
    cr_expect_eq(lz_retain_limit(), SIZE + SLACK, "counted twice");
}

/* As the pool serves a class from the one above, and from no other. */
Test(retain, the_class_above_would_have_served_it)
{
    lz_retain_let_go(CLASS + 1, SIZE);
    lz_retain_fresh(CLASS, SIZE, false);
    cr_expect_eq(lz_retain_limit(), SIZE + SLACK);
    lz_retain_let_go(CLASS + 2, SIZE);
    lz_retain_fresh(CLASS, SIZE, false);
    lz_retain_let_go(CLASS - 1, SIZE);
    lz_retain_fresh(CLASS, SIZE, false);
    cr_expect_eq(lz_retain_limit(), SIZE + SLACK);
}

/* Contents that may be anything can come from a block of any size. */
Test(retain, any_block_would_have_served_what_need_not_be_zero)
{
    lz_retain_let_go(CLASS + 9, SIZE / 2);
    lz_retain_fresh(CLASS, SIZE, true);
    cr_expect_eq(lz_retain_limit(), SIZE / 2 + SLACK, "no more than there was");
    lz_retain_fresh(CLASS, SIZE, true);
    cr_expect_eq(lz_retain_limit(), SIZE / 2 + SLACK);
    lz_retain_let_go(CLASS - 9, 3 * SIZE);
    lz_retain_fresh(CLASS, SIZE, true);
    cr_expect_eq(lz_retain_limit(), SIZE / 2 + SIZE + SLACK);
    spend(0, 500);
    lz_retain_fresh(CLASS, SIZE, true);
    cr_expect_eq(lz_retain_limit(), SIZE / 2 + SIZE + SLACK);
}

Test(retain, evidence_adds_up)
{
    for (int i = 0; i < 3; i++)
        lz_retain_let_go(CLASS, SIZE);
    for (int i = 0; i < 3; i++)
        lz_retain_fresh(CLASS, SIZE, false);
    cr_expect_eq(lz_retain_limit(), 3 * SIZE + SLACK);
}

/* Else the decay would need as many times more to take it back. */
Test(retain, evidence_is_never_of_more_than_the_peak)
{
    for (int i = 0; i < 20; i++)
        lz_retain_let_go(CLASS, SIZE);
    for (int i = 0; i < 20; i++)
        lz_retain_fresh(CLASS, SIZE, false);
    spend(0, 2000);
    lz_retain_unused();
    cr_expect_eq(lz_retain_limit(), 1024 * LZ_MIB / 2 + SLACK);
}

Test(retain, what_was_evidence_for_its_class_is_none_for_another)
{
    lz_retain_let_go(CLASS, SIZE);
    lz_retain_fresh(CLASS, SIZE, false);
    lz_retain_fresh(CLASS + 20, SIZE, true);
    cr_expect_eq(lz_retain_limit(), SIZE + SLACK);
}

/* A later block of the class must not make an old one count. */
Test(retain, evidence_that_was_too_old_once_is_gone)
{
    lz_options.decay_ms = 100;
    for (int any = 0; any <= 1; any++) {
        size_t class = any ? CLASS + 20 : CLASS;

        lz_retain_let_go(CLASS, SIZE);
        spend(101, 0);
        lz_retain_fresh(class, SIZE, any);
        cr_expect_eq(lz_retain_limit(), LEAST);
        lz_retain_let_go(CLASS, SIZE);
        lz_retain_fresh(class, SIZE, any);
        lz_retain_fresh(class, SIZE, any);
        cr_expect_eq(lz_retain_limit(), SIZE + SLACK, "counted twice");
        lz_retain_fork_child();
        spend(2, 0);
    }
}

Test(retain, a_process_that_works_in_between_wants_it_again)
{
    lz_retain_let_go(CLASS, SIZE);
    spend(900, 0);
    lz_retain_fresh(CLASS, SIZE, false);
    cr_expect_eq(lz_retain_limit(), SIZE + SLACK);
}

/* Other programs on its processor. */
Test(retain, waiting_for_a_processor_is_not_waiting)
{
    lz_retain_let_go(CLASS, SIZE);
    clock_now += 900;
    lz_retain_fresh(CLASS, SIZE, false);
    cr_expect_eq(lz_retain_limit(), SIZE + SLACK);
}

Test(retain, a_process_that_waits_in_between_does_without)
{
    lz_retain_let_go(CLASS, SIZE);
    spend(90, 200);
    lz_retain_fresh(CLASS, SIZE, false);
    cr_expect_eq(lz_retain_limit(), LEAST);
    lz_retain_let_go(CLASS, SIZE);
    spend(200, 90);
    lz_retain_fresh(CLASS, SIZE, false);
    cr_expect_eq(lz_retain_limit(), SIZE + SLACK);
}

/* Half of the time, and ten milliseconds. */
Test(retain, so_much_of_the_time_may_it_wait)
{
    lz_retain_let_go(CLASS, SIZE);
    spend(39, 61);
    lz_retain_fresh(CLASS, SIZE, false);
    cr_expect_eq(lz_retain_limit(), LEAST);
    lz_retain_let_go(CLASS, SIZE);
    spend(40, 60);
    lz_retain_fresh(CLASS, SIZE, false);
    cr_expect_eq(lz_retain_limit(), SIZE + SLACK);
}

/* To the millisecond. */
Test(retain, the_decay_time_is_over_after_it)
{
    lz_options.decay_ms = 100;
    lz_retain_fork_child();
    spend(1, 0);
    lz_retain_let_go(CLASS, SIZE);
    spend(100, 0);
    lz_retain_fresh(CLASS, SIZE, false);
    cr_expect_eq(lz_retain_limit(), SIZE + SLACK);
    lz_retain_unused();
    cr_expect_eq(lz_retain_limit(), SIZE / 2 + SLACK);
    spend(0, 99);
    lz_retain_unused();
    cr_expect_eq(lz_retain_limit(), SIZE / 2 + SLACK);
    spend(0, 1);
    lz_retain_unused();
    cr_expect_eq(lz_retain_limit(), SIZE / 4 + SLACK);
}

Test(retain, a_moment_is_not_waiting)
{
    lz_retain_let_go(CLASS, SIZE);
    spend(0, 10);
    work_asked = 0;
    lz_retain_fresh(CLASS, SIZE, false);
    cr_expect_eq(lz_retain_limit(), SIZE + SLACK);
    cr_expect_eq(work_asked, 0, "a system call for nothing");
}

Test(retain, after_the_decay_time_it_would_have_been_gone)
{
    lz_options.decay_ms = 100;
    lz_retain_let_go(CLASS, SIZE);
    spend(101, 0);
    lz_retain_fresh(CLASS, SIZE, false);
    cr_expect_eq(lz_retain_limit(), LEAST);
    lz_retain_fresh(CLASS, SIZE, false);
    cr_expect_eq(lz_retain_limit(), LEAST);
}

Test(retain, what_was_reused_may_be_kept_again)
{
    lz_retain_reused(LEAST - 1);
    cr_expect_eq(lz_retain_limit(), LEAST);
    lz_retain_reused(LEAST);
    cr_expect_eq(lz_retain_limit(), LEAST + SLACK);
    lz_retain_reused(SIZE);
    cr_expect_eq(lz_retain_limit(), SIZE + SLACK);
    lz_retain_reused(SIZE / 2);
    cr_expect_eq(lz_retain_limit(), SIZE + SLACK);
}

Test(retain, what_is_never_reused_loses_its_evidence)
{
    lz_retain_reused(SIZE);
    spend(0, 2000);
    lz_retain_unused();
    cr_expect_eq(lz_retain_limit(), SIZE + SLACK, "reused before");
    spend(0, 2000);
    lz_retain_unused();
    cr_expect_eq(lz_retain_limit(), SIZE / 2 + SLACK);
    lz_retain_unused();
    cr_expect_eq(lz_retain_limit(), SIZE / 2 + SLACK, "halved twice at once");
    spend(0, 2000);
    lz_retain_reused(1);
    lz_retain_unused();
    cr_expect_eq(lz_retain_limit(), SIZE / 2 + SLACK);
}

Test(retain, a_fork_child_has_no_evidence)
{
    lz_retain_reused(SIZE);
    lz_retain_let_go(CLASS, SIZE);
    lz_retain_fork_child();
    cr_expect_eq(lz_retain_limit(), LEAST);
    lz_retain_fresh(CLASS, SIZE, false);
    cr_expect_eq(lz_retain_limit(), LEAST);
    spend(2, 0);
    lz_retain_let_go(CLASS, SIZE);
    lz_retain_fresh(CLASS, SIZE, false);
    cr_expect_eq(lz_retain_limit(), SIZE + SLACK);
}

/* --- the peak ------------------------------------------------------------ */

Test(retain, kept_and_used_are_at_most_the_peak)
{
    lz_retain_reused(1024 * LZ_MIB);
    cr_expect_eq(lz_retain_limit(), 1024 * LZ_MIB + SLACK);
    lz_retain_use(1000 * LZ_MIB);
    cr_expect_eq(lz_retain_limit(), 24 * LZ_MIB + SLACK + 1024 * LZ_MIB / 32);
    lz_retain_use(100 * LZ_MIB);
    cr_expect_eq(lz_retain_limit(), SLACK + 1100 * LZ_MIB / 32);
    lz_retain_use(-(intptr_t)(1100 * LZ_MIB));
    cr_expect_eq(lz_retain_limit(), 1024 * LZ_MIB + SLACK);
}

/* Another thread's free may be counted before the malloc that it frees. */
Test(retain, a_count_below_zero_is_no_peak)
{
    lz_retain_use(-2 * (intptr_t)SIZE);
    lz_retain_use((intptr_t)SIZE);
    lz_retain_use((intptr_t)SIZE);
    lz_retain_reused(2048 * LZ_MIB);
    cr_expect_eq(lz_retain_limit(), 1024 * LZ_MIB + SLACK + 1024 * LZ_MIB / 32);
}

/* --- the group ----------------------------------------------------------- */

Test(retain, a_quarter_of_what_would_be_free)
{
    lz_retain_reused(1024 * LZ_MIB);
    memory_free = 300 * LZ_MIB;
    lz_retain_look(SIZE);
    cr_expect_eq(lz_retain_limit(), 100 * LZ_MIB);
    memory_free = 0;
    lz_retain_look(SIZE);
    cr_expect_eq(lz_retain_limit(), 100 * LZ_MIB, "asked too soon");
    clock_now += 100;
    lz_retain_look(SIZE);
    cr_expect_eq(lz_retain_limit(), 25 * LZ_MIB);
    cr_expect_eq(questions, 2);
}

Test(retain, the_system_is_not_asked_about_little)
{
    lz_retain_look(LEAST);
    lz_options.retain = SIZE;
    lz_retain_look(SIZE);
    lz_options.retain = LZ_RETAIN_AUTO;
    lz_options.oracle = LZ_ORACLE_MEMSET;
    lz_retain_look(SIZE);
    cr_expect_eq(questions, 0);
}

Test(retain, what_cannot_be_told_is_no_bound)
{
    lz_retain_reused(SIZE);
    lz_retain_look(SIZE);
    cr_expect_eq(questions, 1);
    cr_expect_eq(lz_retain_limit(), SIZE + SLACK);
}

Test(retain, a_fork_child_looks_for_itself)
{
    memory_free = 0;
    lz_retain_look(SIZE);
    lz_retain_fork_child();
    lz_retain_reused(SIZE);
    cr_expect_eq(lz_retain_limit(), SIZE + SLACK, "what its parent saw");
    lz_retain_look(SIZE);
    cr_expect_eq(questions, 2);
    cr_expect_eq(lz_retain_limit(), SIZE / 4);
}

/* --- the option ---------------------------------------------------------- */

Test(retain, a_size_needs_no_evidence)
{
    lz_options.retain = SIZE;
    cr_expect_eq(lz_retain_limit(), SIZE);
    lz_retain_use(1000 * LZ_MIB);
    cr_expect_eq(lz_retain_limit(), 24 * LZ_MIB + SLACK + 1024 * LZ_MIB / 32);
}

Test(retain, zero_keeps_nothing)
{
    lz_options.retain = 0;
    lz_retain_reused(SIZE);
    cr_expect_eq(lz_retain_limit(), 0);
}

/* No system call but those of mapping memory may be made (lz_os_ask_nothing).
 */
Test(retain, where_nothing_may_be_asked_there_is_no_evidence)
{
    lz_options.oracle = LZ_ORACLE_MEMSET;
    lz_retain_let_go(CLASS, SIZE);
    lz_retain_fresh(CLASS, SIZE, false);
    cr_expect_eq(lz_retain_limit(), LEAST);
}
