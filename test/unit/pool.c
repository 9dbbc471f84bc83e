/* SPDX-License-Identifier: MIT */
#include "pool.h"

#include <sys/syscall.h>

#include "index.h"
#include "options.h"
#include "os.h"
#include "support.h"

WRAPPED(uint64_t, lz_os_now, void);
WRAPPED(size_t, lz_os_memory_size, void);

static uint64_t clock_now = 1000;
static size_t memory_size = SIZE_MAX / 8;
static size_t memory_questions;

uint64_t
__wrap_lz_os_now(void)
{
    return clock_now;
}

size_t
__wrap_lz_os_memory_size(void)
{
    memory_questions++;
    return memory_size;
}

#define COUNT 8

static struct lz_pool_entry entries[COUNT];

/* The pool never touches a mapping: any address will do. */
static struct lz_pool_entry *
entry_of(size_t number, size_t map_size, size_t resident)
{
    struct lz_pool_entry *entry = &entries[number];

    entry->map = (char *)(number + 1);
    entry->map_size = map_size;
    entry->resident = resident;
    entry->freed_at = clock_now;
    return entry;
}

static struct lz_pool_entry *
put(size_t number, size_t map_size, size_t resident)
{
    struct lz_pool_entry *entry = entry_of(number, map_size, resident);

    lz_pool_put(entry);
    return entry;
}

#define CLASS_A (2 * LZ_INDEX_GRANULE)
#define CLASS_B (3 * LZ_INDEX_GRANULE)
#define CLASS_C (4 * LZ_INDEX_GRANULE)

/* --- classes ------------------------------------------------------------- */

static void
check_class_size(size_t n)
{
    size_t size = lz_pool_class_size(n);

    cr_assert_geq(size, n);
    cr_assert_eq(size % LZ_INDEX_GRANULE, 0);
    cr_assert_eq(lz_pool_class_size(size), size, "%zu", n);
    cr_assert_leq(size - n, n / 8 + LZ_INDEX_GRANULE, "%zu", n);
}

Test(pool, class_sizes_hold_the_request_and_little_more)
{
    for (size_t n = 1; n <= LZ_SIZE_LIMIT / 2; n += n / 8 + 1) {
        check_class_size(n);
        check_class_size(n + 1);
    }
    for (size_t n = LZ_INDEX_GRANULE; n <= LZ_SIZE_LIMIT / 2; n *= 2) {
        check_class_size(n - 1);
        check_class_size(n);
        check_class_size(n + 1);
    }
}

Test(pool, class_sizes_rise)
{
    size_t last = 0;

    for (size_t n = 1; n < 1024 * LZ_MIB; n += 300 * LZ_KIB) {
        cr_assert_geq(lz_pool_class_size(n), last);
        last = lz_pool_class_size(n);
    }
}

/* An entry serves its own class and the one below it, no other size. */
Test(pool, every_class_is_found_again)
{
    size_t size = lz_pool_class_size(1), above;

    for (; size < LZ_SIZE_LIMIT / 4; size = above) {
        above = lz_pool_class_size(size + 1);
        put(0, size, 0);
        cr_assert_null(lz_pool_take(above));
        cr_assert_eq(lz_pool_take(size), &entries[0]);
        put(1, above, 0);
        cr_assert_eq(lz_pool_take(size), &entries[1]);
        put(1, lz_pool_class_size(above + 1), 0);
        cr_assert_null(lz_pool_take(size));
        cr_assert_eq(lz_pool_take(above), &entries[1]);
    }
}

/* Each size has a number of its own, in order and inside the table. */
Test(pool, class_numbers_follow_the_sizes)
{
    size_t size = lz_pool_class_size(1), last = lz_pool_class(size);

    while (size < LZ_SIZE_LIMIT / 2) {
        size = lz_pool_class_size(size + 1);
        cr_assert_eq(lz_pool_class(size), ++last, "%zu", size);
    }
    cr_expect_lt(last, LZ_POOL_CLASSES);
}

/* --- taking -------------------------------------------------------------- */

Test(pool, an_empty_pool_gives_nothing)
{
    cr_expect_null(lz_pool_take(CLASS_A));
    cr_expect_null(lz_pool_victim(0));
    cr_expect_null(lz_pool_victim(LZ_POOL_ALL));
}

/* The warmest one. */
Test(pool, the_last_one_freed_is_the_first_one_taken)
{
    for (size_t i = 0; i < COUNT; i++)
        put(i, CLASS_A, 1);
    for (size_t i = COUNT; i > 0; i--)
        cr_expect_eq(lz_pool_take(CLASS_A), &entries[i - 1]);
    cr_expect_null(lz_pool_take(CLASS_A));
}

Test(pool, the_class_itself_comes_before_the_one_above)
{
    put(0, CLASS_A, 1);
    put(1, CLASS_B, 1);
    cr_expect_eq(lz_pool_take(CLASS_A), &entries[0]);
    cr_expect_eq(lz_pool_take(CLASS_A), &entries[1]);
    cr_expect_null(lz_pool_take(CLASS_A));
}

Test(pool, what_is_taken_is_nobodys_victim)
{
    put(0, CLASS_A, 1);
    put(1, CLASS_B, 1);
    put(2, CLASS_A, 1);
    cr_expect_eq(lz_pool_take(CLASS_B), &entries[1]);
    cr_expect_eq(lz_pool_victim(LZ_POOL_ALL), &entries[0]);
    cr_expect_eq(lz_pool_victim(LZ_POOL_ALL), &entries[2]);
    cr_expect_null(lz_pool_victim(LZ_POOL_ALL));
    cr_expect_null(lz_pool_take(CLASS_A));
}

/* --- budget -------------------------------------------------------------- */

Test(pool, within_the_budget_nothing_is_released)
{
    lz_options.retain = 10;
    put(0, CLASS_A, 4);
    put(1, CLASS_B, 6);
    cr_expect_null(lz_pool_victim(0));
}

Test(pool, over_the_budget_the_oldest_goes)
{
    lz_options.retain = 10;
    put(0, CLASS_A, 4);
    put(1, CLASS_B, 6);
    put(2, CLASS_C, 5);
    cr_expect_eq(lz_pool_victim(0), &entries[0]);
    cr_expect_eq(lz_pool_victim(0), &entries[1]);
    cr_expect_null(lz_pool_victim(0));
    cr_expect_eq(lz_pool_take(CLASS_C), &entries[2]);
}

Test(pool, taking_makes_room)
{
    lz_options.retain = 10;
    put(0, CLASS_A, 6);
    put(1, CLASS_B, 6);
    cr_expect_eq(lz_pool_take(CLASS_B), &entries[1]);
    cr_expect_null(lz_pool_victim(0));
}

Test(pool, room_counts_against_the_budget)
{
    lz_options.retain = 10;
    put(0, CLASS_A, 3);
    put(1, CLASS_B, 3);
    cr_expect_null(lz_pool_victim(4));
    cr_expect_eq(lz_pool_victim(5), &entries[0]);
    cr_expect_null(lz_pool_victim(5));
    cr_expect_eq(lz_pool_victim(11), &entries[1]);
}

Test(pool, a_block_larger_than_the_budget_does_not_stay)
{
    lz_options.retain = 10;
    put(0, CLASS_A, 11);
    cr_expect_eq(lz_pool_victim(0), &entries[0]);
}

Test(pool, the_default_budget_is_a_share_of_the_memory)
{
    memory_size = 800 * LZ_MIB;
    put(0, CLASS_A, 100 * LZ_MIB);
    cr_expect_null(lz_pool_victim(0));
    put(1, CLASS_A, 1);
    cr_expect_eq(lz_pool_victim(0), &entries[0]);
    cr_expect_eq(memory_questions, 1);
}

/* Small programs do not pay for the question. */
Test(pool, the_system_is_not_asked_for_16_mib)
{
    lz_pool_take(CLASS_A);
    lz_pool_victim(0);
    lz_pool_victim(LZ_POOL_ALL);
    put(0, CLASS_A, 10 * LZ_MIB);
    put(1, CLASS_A, 6 * LZ_MIB);
    cr_expect_null(lz_pool_victim(0));
    cr_expect_null(lz_pool_victim(0));
    cr_expect_eq(memory_questions, 0);
    put(2, CLASS_A, 1);
    cr_expect_eq(memory_questions, 1);
    cr_expect_null(lz_pool_victim(0));
}

/* While it is not known, 16 MiB is what room is counted against. */
Test(pool, room_counts_against_a_budget_that_is_not_known)
{
    put(0, CLASS_A, 10 * LZ_MIB);
    cr_expect_null(lz_pool_victim(6 * LZ_MIB));
    cr_expect_eq(lz_pool_victim(6 * LZ_MIB + 1), &entries[0]);
    cr_expect_eq(memory_questions, 0);
}

/* Also a budget below the one that needs no question. */
Test(pool, an_option_counts_without_a_question)
{
    lz_options.retain = 1;
    put(0, CLASS_A, 2);
    cr_expect_eq(lz_pool_victim(0), &entries[0]);
    cr_expect_eq(memory_questions, 0);
}

Test(pool, unknown_memory_keeps_nothing)
{
    memory_size = 0;
    put(0, CLASS_A, 16 * LZ_MIB + 1);
    cr_expect_eq(lz_pool_victim(0), &entries[0]);
}

/* --- age ----------------------------------------------------------------- */

Test(pool, old_entries_go_and_young_ones_stay)
{
    lz_options.decay_ms = 100;
    put(0, CLASS_A, 1);
    clock_now += 60;
    put(1, CLASS_A, 1);
    cr_expect_null(lz_pool_victim(0));
    clock_now += 39;
    cr_expect_null(lz_pool_victim(0));
    clock_now += 1;
    cr_expect_eq(lz_pool_victim(0), &entries[0]);
    cr_expect_null(lz_pool_victim(0));
    clock_now += 60;
    cr_expect_eq(lz_pool_victim(0), &entries[1]);
}

Test(pool, an_entry_that_comes_back_is_young_again)
{
    lz_options.decay_ms = 100;
    put(0, CLASS_A, 1);
    clock_now += 90;
    lz_pool_take(CLASS_A);
    put(0, CLASS_A, 1);
    clock_now += 90;
    cr_expect_null(lz_pool_victim(0));
}

/* The time is the owner's: an entry that is only looked after does not age. */
Test(pool, putting_back_what_was_taken_does_not_make_it_younger)
{
    struct lz_pool_entry *entry = put(0, CLASS_A, 1);

    lz_options.decay_ms = 100;
    clock_now += 90;
    cr_expect_eq(lz_pool_take(CLASS_A), entry);
    lz_pool_put(entry);
    clock_now += 10;
    cr_expect_eq(lz_pool_victim(0), entry);
}

Test(pool, empty_until_put_and_once_taken)
{
    cr_expect(lz_pool_is_empty());
    put(0, CLASS_A, 1);
    put(1, CLASS_B, 1);
    cr_expect_not(lz_pool_is_empty());
    lz_pool_take(CLASS_A);
    cr_expect_not(lz_pool_is_empty());
    lz_pool_victim(LZ_POOL_ALL);
    cr_expect(lz_pool_is_empty());
}

Test(pool, without_a_decay_time_nothing_stays)
{
    lz_options.decay_ms = 0;
    put(0, CLASS_A, 1);
    cr_expect_eq(lz_pool_victim(0), &entries[0]);
}

/* --- removing ------------------------------------------------------------ */

static bool
is_odd(const struct lz_pool_entry *entry)
{
    return (uintptr_t)entry->map % 2 == 1;
}

Test(pool, remove_if_takes_what_the_test_names)
{
    for (size_t i = 0; i < 5; i++)
        put(i, i < 3 ? CLASS_A : CLASS_B, 1);
    cr_expect_eq(lz_pool_remove_if(is_odd), &entries[0]);
    cr_expect_eq(lz_pool_remove_if(is_odd), &entries[2]);
    cr_expect_eq(lz_pool_remove_if(is_odd), &entries[4]);
    cr_expect_null(lz_pool_remove_if(is_odd));
    cr_expect_eq(lz_pool_take(CLASS_A), &entries[1]);
    cr_expect_eq(lz_pool_take(CLASS_B), &entries[3]);
    cr_expect_null(lz_pool_victim(LZ_POOL_ALL));
}

/* What is removed is off the books too. */
Test(pool, remove_if_makes_room)
{
    lz_options.retain = 10;
    put(0, CLASS_A, 6);
    put(1, CLASS_A, 6);
    cr_expect_eq(lz_pool_remove_if(is_odd), &entries[0]);
    cr_expect_null(lz_pool_victim(0));
}

/* A child of a fork that interrupted a holder of the lock must not wait. */
Test(pool, remove_if_does_not_wait_for_the_lock)
{
    put(0, CLASS_A, 1);
    lz_pool_fork_prepare();
    cr_expect_null(lz_pool_remove_if(is_odd));
    lz_pool_fork_parent();
    cr_expect_eq(lz_pool_remove_if(is_odd), &entries[0]);
}

/* --- in any order -------------------------------------------------------- */

static unsigned random_state = 1;

static unsigned
next_random(void)
{
    random_state = random_state * 1103515245 + 12345;
    return random_state >> 16;
}

/* Puts, takes and releases against a plain list of what is in the pool. */
Test(pool, any_order_loses_nothing_and_gives_nothing_twice)
{
    bool inside[COUNT] = {false};
    const size_t sizes[] = {CLASS_A, CLASS_B, CLASS_C};

    lz_options.retain = SIZE_MAX;
    for (int i = 0; i < 100000; i++) {
        size_t number = next_random() % COUNT;
        struct lz_pool_entry *got = NULL;

        if (!inside[number]) {
            put(number, sizes[next_random() % 3], next_random() % 100);
            inside[number] = true;
            continue;
        }
        if (next_random() % 2 == 0)
            got = lz_pool_take(sizes[next_random() % 3]);
        else if (next_random() % 4 == 0)
            got = lz_pool_victim(LZ_POOL_ALL);
        if (got != NULL) {
            cr_assert(inside[got - entries]);
            inside[got - entries] = false;
        }
    }
    for (size_t i = 0; i < COUNT; i++) {
        if (inside[i])
            cr_assert_not_null(lz_pool_victim(LZ_POOL_ALL));
    }
    cr_expect_null(lz_pool_victim(LZ_POOL_ALL));
}

/* --- threads and fork ---------------------------------------------------- */

#define THREADS 4

static struct lz_pool_entry shared[THREADS * COUNT];
static bool held[THREADS * COUNT]; /* atomic: owned by one thread */

static void
put_shared(struct lz_pool_entry *entry)
{
    cr_assert(
        __atomic_exchange_n(&held[entry - shared], false, __ATOMIC_ACQ_REL));
    entry->map_size = CLASS_A + (size_t)(entry - shared) % 2 * LZ_INDEX_GRANULE;
    entry->resident = 1;
    entry->freed_at = clock_now;
    lz_pool_put(entry);
}

static void
put_and_take(unsigned number)
{
    struct lz_pool_entry *entry;

    for (size_t i = 0; i < COUNT; i++)
        put_shared(&shared[number * COUNT + i]);
    for (int i = 0; i < 30000; i++) {
        entry =
            i % 16 == 0 ? lz_pool_victim(LZ_POOL_ALL) : lz_pool_take(CLASS_A);
        if (entry == NULL)
            continue;
        cr_assert_not(
            __atomic_exchange_n(&held[entry - shared], true, __ATOMIC_ACQ_REL));
        put_shared(entry);
    }
}

Test(pool, many_threads)
{
    for (size_t i = 0; i < THREADS * COUNT; i++)
        held[i] = true;
    lz_options.retain = SIZE_MAX;
    run_threads(THREADS, put_and_take);
    for (size_t i = 0; i < THREADS * COUNT; i++)
        cr_assert_not_null(lz_pool_victim(LZ_POOL_ALL));
    cr_expect_null(lz_pool_victim(LZ_POOL_ALL));
}

static void *
take_into(void *entry)
{
    *(struct lz_pool_entry **)entry = lz_pool_take(CLASS_A);
    return NULL;
}

/*
 * Both sides of a fork can go on, whoever held the lock. Not by fork(), which
 * would run the library's handlers as well, and wait for the same lock.
 */
Test(pool, fork_leaves_the_lock_free_on_both_sides)
{
    struct lz_pool_entry *entry = NULL;
    pthread_t thread;
    int status;
    pid_t child;

    put(0, CLASS_A, 1);
    lz_pool_fork_prepare();
    pthread_create(&thread, NULL, take_into, &entry);
    child = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
    if (child == 0) {
        lz_pool_fork_child();
        _exit(lz_pool_take(CLASS_A) == &entries[0] ? 0 : 1);
    }
    cr_expect_null(__atomic_load_n(&entry, __ATOMIC_RELAXED));
    lz_pool_fork_parent();
    pthread_join(thread, NULL);
    cr_expect_eq(entry, &entries[0]);
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_expect_eq(status, 0);
}

/* Another thread may free between the look at the clock and the lock. */
Test(pool, an_entry_from_the_future_is_young)
{
    put(0, CLASS_A, 1)->freed_at = clock_now + 4;
    cr_expect_null(lz_pool_victim(0));
}
