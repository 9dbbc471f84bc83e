/* SPDX-License-Identifier: MIT */
#include "large/pool.h"

#include <sys/syscall.h>

#include "control/options.h"
#include "large/index.h"
#include "os/os.h"
#include "support.h"

WRAPPED(uint64_t, lz_os_now, void);
WRAPPED(unsigned, lz_place_ask_node, void);

static uint64_t clock_now = 1000;

uint64_t
__wrap_lz_os_now(void)
{
    return clock_now;
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

/* --- nodes --------------------------------------------------------------- */

static unsigned here;

unsigned
__wrap_lz_place_ask_node(void)
{
    return here;
}

Test(pool, entries_of_another_node_stay)
{
    struct lz_pool_entry *near = put(0, CLASS_A, 1), *far;

    lz_options.numa = LZ_NUMA_LOCAL;
    far = entry_of(1, CLASS_A, 1);
    far->node = 1;
    lz_pool_put(far);
    cr_expect_eq(lz_pool_take(CLASS_A), near);
    cr_expect_null(lz_pool_take(CLASS_A));
    cr_expect_null(lz_pool_take_smaller(CLASS_C, CLASS_A));
    here = 1;
    cr_expect_eq(lz_pool_take_smaller(CLASS_C, CLASS_A), far);
    far = put(2, 8 * CLASS_C, CLASS_A);
    cr_expect_null(lz_pool_take_larger(CLASS_A));
    here = 0;
    cr_expect_eq(lz_pool_take_larger(CLASS_A), far);
}

/* They age and are released like all others. */
Test(pool, a_victim_may_be_of_any_node)
{
    struct lz_pool_entry *far = entry_of(0, CLASS_A, 1);

    lz_options.numa = LZ_NUMA_LOCAL;
    far->node = 1;
    lz_pool_put(far);
    cr_expect_eq(lz_pool_victim(0), far);
}

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
    cr_expect_null(lz_pool_take_oldest());
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

Test(pool, the_smallest_larger_one_and_the_largest_smaller_one)
{
    size_t sizes[5] = {CLASS_A};

    for (int i = 1; i < 5; i++)
        sizes[i] = lz_pool_class_size(sizes[i - 1] + 1);
    for (size_t i = 0; i < 5; i++)
        put(i, sizes[i], sizes[i]);
    cr_expect_eq(lz_pool_take_larger(sizes[0]), &entries[2]);
    cr_expect_eq(lz_pool_take_larger(sizes[0]), &entries[3]);
    cr_expect_eq(lz_pool_take_larger(sizes[0]), &entries[4]);
    cr_expect_null(lz_pool_take_larger(sizes[0]));
    cr_expect_null(lz_pool_take_smaller(sizes[4], sizes[2]));
    cr_expect_eq(lz_pool_take_smaller(sizes[4], sizes[0]), &entries[1]);
    cr_expect_null(lz_pool_take_smaller(sizes[0], sizes[1]));
    cr_expect_eq(lz_pool_take_smaller(sizes[0], sizes[0]), &entries[0]);
    cr_expect_null(lz_pool_take_smaller(sizes[4], 0));
    cr_expect_null(lz_pool_take_larger(LZ_SIZE_LIMIT / 2));
}

Test(pool, of_larger_ones_only_those_that_hold_half_of_it)
{
    size_t sizes[4] = {CLASS_A};

    for (int i = 1; i < 4; i++)
        sizes[i] = lz_pool_class_size(sizes[i - 1] + 1);
    put(0, sizes[2], sizes[0] / 2);
    put(1, sizes[2], sizes[0] / 2 - 1);
    put(2, sizes[3], sizes[3]);
    cr_expect_eq(lz_pool_take_larger(sizes[0]), &entries[0]);
    cr_expect_eq(lz_pool_take_larger(sizes[0]), &entries[2]);
    cr_expect_null(lz_pool_take_larger(sizes[0]));
}

/* As a part that was split off: of its class, and too short for its size. */
Test(pool, an_entry_between_two_classes)
{
    const size_t size = lz_pool_class_size(64 * LZ_MIB), step = 8 * LZ_MIB;

    put(0, size + step / 4, 1);
    put(1, size + step / 2, 1);
    put(2, size + step, 1);
    cr_expect_eq(lz_pool_take(size + step / 2), &entries[1]);
    cr_expect_eq(lz_pool_take(size + step / 2), &entries[2]);
    cr_expect_null(lz_pool_take(size + step / 2));
    cr_expect_null(lz_pool_take_larger(size + step / 2));
    cr_expect_eq(lz_pool_take_smaller(size + step / 2, size), &entries[0]);
}

Test(pool, what_is_taken_is_nobodys_victim)
{
    put(0, CLASS_A, 1);
    put(1, CLASS_B, 1);
    put(2, CLASS_A, 1);
    cr_expect_eq(lz_pool_take(CLASS_B), &entries[1]);
    cr_expect_eq(lz_pool_take_oldest(), &entries[0]);
    cr_expect_eq(lz_pool_take_oldest(), &entries[2]);
    cr_expect_null(lz_pool_take_oldest());
    cr_expect_null(lz_pool_take(CLASS_A));
}

/* --- the most that may be kept ------------------------------------------- */

Test(pool, within_the_limit_nothing_is_released)
{
    put(0, CLASS_A, 4);
    put(1, CLASS_B, 6);
    cr_expect_eq(lz_pool_resident(), 10);
    cr_expect_null(lz_pool_victim(10));
    cr_expect_null(lz_pool_try_victim(10));
}

Test(pool, over_the_limit_the_oldest_goes)
{
    put(0, CLASS_A, 4);
    put(1, CLASS_B, 6);
    put(2, CLASS_C, 5);
    cr_expect_eq(lz_pool_victim(10), &entries[0]);
    cr_expect_eq(lz_pool_try_victim(10), &entries[1]);
    cr_expect_null(lz_pool_victim(10));
    cr_expect_eq(lz_pool_take(CLASS_C), &entries[2]);
    cr_expect_eq(lz_pool_resident(), 0);
}

Test(pool, taking_makes_room)
{
    put(0, CLASS_A, 6);
    put(1, CLASS_B, 6);
    cr_expect_eq(lz_pool_take(CLASS_B), &entries[1]);
    cr_expect_null(lz_pool_victim(10));
}

Test(pool, a_block_larger_than_the_limit_does_not_stay)
{
    put(0, CLASS_A, 11);
    cr_expect_eq(lz_pool_victim(10), &entries[0]);
}

Test(pool, what_holds_nothing_stays_at_any_limit)
{
    put(0, CLASS_A, 0);
    cr_expect_null(lz_pool_victim(0));
    cr_expect_eq(lz_pool_take_oldest(), &entries[0]);
}

/* Cut down, a victim is still the next one. */
Test(pool, what_is_put_back_is_the_oldest_again)
{
    put(0, CLASS_A, 6);
    put(1, CLASS_A, 6);
    cr_expect_eq(lz_pool_victim(10), &entries[0]);
    entries[0].resident = 4;
    lz_pool_put_oldest(&entries[0]);
    cr_expect_eq(lz_pool_resident(), 10);
    cr_expect_eq(lz_pool_victim(9), &entries[0]);
    cr_expect_eq(lz_pool_victim(0), &entries[1]);
    lz_pool_put_oldest(&entries[0]);
    cr_expect_eq(lz_pool_take(CLASS_A), &entries[0]);
    cr_expect(lz_pool_is_empty());
}

/* --- age ----------------------------------------------------------------- */

Test(pool, old_entries_go_and_young_ones_stay)
{
    lz_options.decay_ms = 100;
    put(0, CLASS_A, 1);
    clock_now += 60;
    put(1, CLASS_A, 1);
    cr_expect_null(lz_pool_victim(SIZE_MAX));
    clock_now += 39;
    cr_expect_null(lz_pool_victim(SIZE_MAX));
    clock_now += 1;
    cr_expect_eq(lz_pool_victim(SIZE_MAX), &entries[0]);
    cr_expect_null(lz_pool_victim(SIZE_MAX));
    clock_now += 60;
    cr_expect_eq(lz_pool_victim(SIZE_MAX), &entries[1]);
}

Test(pool, an_entry_that_comes_back_is_young_again)
{
    lz_options.decay_ms = 100;
    put(0, CLASS_A, 1);
    clock_now += 90;
    lz_pool_take(CLASS_A);
    put(0, CLASS_A, 1);
    clock_now += 90;
    cr_expect_null(lz_pool_victim(SIZE_MAX));
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
    cr_expect_eq(lz_pool_victim(SIZE_MAX), entry);
}

Test(pool, empty_until_put_and_once_taken)
{
    cr_expect(lz_pool_is_empty());
    put(0, CLASS_A, 1);
    put(1, CLASS_B, 1);
    cr_expect_not(lz_pool_is_empty());
    lz_pool_take(CLASS_A);
    cr_expect_not(lz_pool_is_empty());
    lz_pool_take_oldest();
    cr_expect(lz_pool_is_empty());
}

Test(pool, due_is_when_the_oldest_is_past_its_time)
{
    lz_options.decay_ms = 100;
    cr_expect_eq(lz_pool_due(), 0);
    put(0, CLASS_A, 1);
    cr_expect_eq(lz_pool_due(), 100);
    cr_expect_not(lz_pool_is_past(&entries[0]));
    clock_now += 60;
    put(1, CLASS_A, 1);
    cr_expect_eq(lz_pool_due(), 40);
    clock_now += 70;
    cr_expect_eq(lz_pool_due(), 1);
    cr_expect(lz_pool_is_past(&entries[0]));
    cr_expect_eq(lz_pool_try_victim(SIZE_MAX), &entries[0]);
    cr_expect_eq(lz_pool_due(), 30);
}

Test(pool, without_a_decay_time_nothing_stays)
{
    lz_options.decay_ms = 0;
    put(0, CLASS_A, 1);
    cr_expect_eq(lz_pool_victim(SIZE_MAX), &entries[0]);
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
    cr_expect_null(lz_pool_take_oldest());
}

/* What is removed is off the books too. */
Test(pool, remove_if_makes_room)
{
    put(0, CLASS_A, 6);
    put(1, CLASS_A, 6);
    cr_expect_eq(lz_pool_remove_if(is_odd), &entries[0]);
    cr_expect_null(lz_pool_victim(10));
}

/* A child of a fork that interrupted a holder of the lock must not wait. */
Test(pool, remove_if_does_not_wait_for_the_lock)
{
    put(0, CLASS_A, 1);
    lz_pool_fork_prepare();
    cr_expect_null(lz_pool_remove_if(is_odd));
    cr_expect_null(lz_pool_try_victim(0));
    cr_expect_eq(lz_pool_due(), 1);
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
            got = lz_pool_take_oldest();
        if (got != NULL) {
            cr_assert(inside[got - entries]);
            inside[got - entries] = false;
        }
    }
    for (size_t i = 0; i < COUNT; i++) {
        if (inside[i])
            cr_assert_not_null(lz_pool_take_oldest());
    }
    cr_expect_null(lz_pool_take_oldest());
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
        entry = i % 16 == 0 ? lz_pool_take_oldest() : lz_pool_take(CLASS_A);
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
    run_threads(THREADS, put_and_take);
    for (size_t i = 0; i < THREADS * COUNT; i++)
        cr_assert_not_null(lz_pool_take_oldest());
    cr_expect_null(lz_pool_take_oldest());
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
    cr_expect_null(lz_pool_victim(SIZE_MAX));
}
