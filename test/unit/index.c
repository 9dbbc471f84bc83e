/* SPDX-License-Identifier: MIT */
#include "large/index.h"

#include "fake_os.h"

TestSuite(index, .init = fake_os_reset);

#define GRANULE LZ_INDEX_GRANULE

#if UINTPTR_MAX > 0xffffffffu
#define ADDRESS_END ((uintptr_t)1 << 48) /* what the index covers */
#define LEAF_SPAN ((uintptr_t)1 << 34)   /* 16 GiB, see index.h */
#else
#define ADDRESS_END ((uintptr_t)0)
#define LEAF_SPAN ((uintptr_t)1 << 28)
#endif

/* The index never looks at memory: addresses may be anything. */
static void *
at(uintptr_t address)
{
    return (void *)address;
}

static int owners[8];

Test(index, empty_slots_are_null)
{
    cr_expect_null(lz_index_get(NULL));
    cr_expect_null(lz_index_get(owners));
    cr_expect_null(lz_index_get(at(ADDRESS_END - 1)));
    cr_expect_eq(fake_os.maps, 0, "looking maps nothing");
}

Test(index, setting_and_getting)
{
    void *address = at(3 * LEAF_SPAN / 2);

    errno = ERRNO_MARK;
    cr_expect_eq(lz_index_set(address, &owners[0]), 0);
    cr_expect_eq(lz_index_get(address), &owners[0]);
    cr_expect_eq(lz_index_set(address, LZ_INDEX_HEAP), 0);
    cr_expect_eq(lz_index_get(address), LZ_INDEX_HEAP);
    cr_expect_eq(lz_index_set(address, NULL), 0);
    cr_expect_null(lz_index_get(address));
    EXPECT_ERRNO_KEPT();
    cr_expect_eq(fake_os.maps, 1);
}

Test(index, a_slot_is_a_granule)
{
    uintptr_t start = LEAF_SPAN + 100 * GRANULE;

    lz_index_set(at(start + 12345), &owners[0]);
    cr_expect_eq(lz_index_get(at(start)), &owners[0]);
    cr_expect_eq(lz_index_get(at(start + 1)), &owners[0]);
    cr_expect_eq(lz_index_get(at(start + GRANULE - 1)), &owners[0]);
    cr_expect_null(lz_index_get(at(start - 1)));
    cr_expect_null(lz_index_get(at(start + GRANULE)));
}

Test(index, neighbours_do_not_touch_each_other)
{
    uintptr_t start = LEAF_SPAN - 2 * GRANULE; /* across two leaves */

    for (size_t i = 0; i < 4; i++)
        lz_index_set(at(start + i * GRANULE), &owners[i]);
    lz_index_set(at(start + GRANULE), NULL);
    cr_expect_eq(lz_index_get(at(start)), &owners[0]);
    cr_expect_null(lz_index_get(at(start + GRANULE)));
    cr_expect_eq(lz_index_get(at(start + 2 * GRANULE)), &owners[2]);
    cr_expect_eq(lz_index_get(at(start + 3 * GRANULE)), &owners[3]);
}

#define GROUP_SPAN (64 * GRANULE) /* see index.h */

/* The first owner in a range, and in it the address where it was met. */
static void *
first(uintptr_t from, uintptr_t to, uintptr_t *found)
{
    void *owner;

    *found = from;
    errno = ERRNO_MARK;
    owner = lz_index_first(found, to);
    EXPECT_ERRNO_KEPT();
    return owner;
}

/* Every granule of the span, and none beside it, is found to be its owner's. */
static void
expect_span(uintptr_t start, size_t length, void *owner)
{
    uintptr_t end = start + length, found;

    for (uintptr_t place = start; place < end; place += GRANULE) {
        cr_assert_eq(first(place + 5, place + 6, &found), owner);
        cr_assert_eq(found, place + 5);
    }
    cr_expect_null(first(start - GRANULE, start, &found));
    cr_expect_null(first(end, end + GRANULE, &found));
    cr_expect_eq(first(start - 9 * GRANULE, end, &found), owner);
    cr_expect_eq(found, start);
    cr_expect_eq(lz_index_get(at(start)), owner);
}

static void
expect_nothing(uintptr_t start, size_t length)
{
    uintptr_t found;

    cr_expect_null(first(start - GRANULE, start + length + GRANULE, &found));
    cr_expect_null(lz_index_get(at(start)));
}

/* Within a group, across groups, whole groups, across leaves, whole leaves. */
Test(index, spans_of_every_length_are_found_and_forgotten)
{
    static const size_t lengths[] = {1, 2, 63, 64, 65, 128, 200, 5000};
    static const size_t shifts[] = {0, 1, 63};

    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        for (size_t j = 0; j < sizeof(shifts) / sizeof(shifts[0]); j++) {
            uintptr_t start =
                2 * LEAF_SPAN - 64 * GROUP_SPAN / 32 + shifts[j] * GRANULE;

            cr_assert_eq(
                lz_index_set_span(at(start), lengths[i] * GRANULE, &owners[0]),
                0);
            expect_span(start, lengths[i] * GRANULE, &owners[0]);
            lz_index_set_span(at(start), lengths[i] * GRANULE, NULL);
            expect_nothing(start, lengths[i] * GRANULE);
        }
    }
}

Test(index, a_span_of_whole_leaves_needs_none_of_them)
{
    uintptr_t start = 3 * LEAF_SPAN, found;

    cr_assert_eq(lz_index_set_span(at(start), 4 * LEAF_SPAN, &owners[0]), 0);
    /* The first slot's, unless the heap lies there. */
    cr_expect_leq(fake_os.maps, 1);
    cr_expect_eq(
        first(start + 7 * LEAF_SPAN / 2, start + 4 * LEAF_SPAN, &found),
        &owners[0]);
    cr_expect_null(first(start + 4 * LEAF_SPAN, start + 5 * LEAF_SPAN, &found));
    cr_expect_eq(first(start - LEAF_SPAN, start + GRANULE, &found), &owners[0]);
    cr_expect_eq(found, start);
    lz_index_set_span(at(start), 4 * LEAF_SPAN, NULL);
    expect_nothing(start, 4 * LEAF_SPAN);
}

/* As the base of a guarded block, far behind the start of its mapping. */
Test(index, every_granule_of_a_span_has_its_owner)
{
    const uintptr_t starts[] = {LEAF_SPAN, LEAF_SPAN + 3 * GRANULE};
    const size_t lengths[] = {GRANULE, LEAF_SPAN / 2, 3 * LEAF_SPAN};

    for (size_t i = 0; i < 6; i++) {
        uintptr_t start = starts[i / 3];
        size_t length = lengths[i % 3];

        cr_assert_eq(lz_index_set_span(at(start), length, &owners[0]), 0);
        for (size_t step = 0; step < length; step += GRANULE)
            cr_assert_eq(lz_index_get(at(start + step)), &owners[0]);
        cr_assert_null(lz_index_get(at(start + length)));
        lz_index_set_span(at(start), length, NULL);
        for (size_t step = 0; step < length; step += GRANULE)
            cr_assert_null(lz_index_get(at(start + step)));
    }
}

/* Slots, whole groups and whole leaves: others' in between stay. */
Test(index, a_span_is_cleared_around_what_others_have_set)
{
    static const size_t shifts[] = {0, 3, 63};

    for (size_t i = 0; i < 6; i++) {
        uintptr_t start = 2 * LEAF_SPAN + shifts[i % 3] * GRANULE, found;
        size_t length = i < 3 ? 9 * GRANULE : 3 * LEAF_SPAN;
        uintptr_t heap = start + length / GRANULE / 3 * GRANULE;
        uintptr_t other = start + length / GRANULE / 3 * 2 * GRANULE;
        size_t others = i < 3 ? 2 * GRANULE : 3 * GROUP_SPAN;

        cr_assert_eq(lz_index_set_span(at(start), length, &owners[0]), 0);
        lz_index_set(at(heap), LZ_INDEX_HEAP);
        lz_index_set_span(at(other), others, &owners[1]);
        lz_index_clear_span(at(start), length, &owners[0]);
        for (size_t step = 0; step < length; step += GRANULE) {
            uintptr_t place = start + step;
            bool is_other = place >= other && place < other + others;

            cr_assert_eq(lz_index_get(at(place)), place == heap ? LZ_INDEX_HEAP
                                                  : is_other    ? &owners[1]
                                                                : NULL);
        }
        cr_expect_eq(first(start, start + length, &found), &owners[1]);
        cr_expect_eq(found, other);
        lz_index_set(at(heap), NULL);
        lz_index_clear_span(at(other), others, &owners[1]);
        expect_nothing(start, length);
    }
}

/* The count of a group's owners has 16 bits; where it is 0, nobody looks. */
Test(index, clearing_counts_as_setting_does)
{
    uintptr_t start = LEAF_SPAN + 5 * GRANULE, found;

    for (int i = 0; i < UINT16_MAX; i++) {
        lz_index_set_span(at(start), GRANULE, &owners[0]);
        lz_index_clear_span(at(start), GRANULE, &owners[0]);
        lz_index_clear_span(at(start), GRANULE, &owners[0]);
    }
    lz_index_set(at(start + 7 * GRANULE), &owners[1]);
    cr_expect_eq(first(start, start + GROUP_SPAN, &found), &owners[1]);
}

Test(index, the_first_of_several_spans)
{
    uintptr_t start = LEAF_SPAN - 2 * GRANULE, found; /* across two leaves */

    lz_index_set_span(at(start), 3 * GRANULE, &owners[0]);
    lz_index_set_span(at(start + 3 * GRANULE), GRANULE, &owners[1]);
    lz_index_set_span(at(start + 900 * GRANULE), GRANULE, &owners[2]);
    cr_expect_eq(first(start, start + LEAF_SPAN / 2, &found), &owners[0]);
    cr_expect_eq(first(start + 3 * GRANULE, start + LEAF_SPAN / 2, &found),
                 &owners[1]);
    cr_expect_eq(first(start + 4 * GRANULE, start + 901 * GRANULE, &found),
                 &owners[2]);
    cr_expect_eq(found, start + 900 * GRANULE);
    cr_expect_null(first(start + 4 * GRANULE, start + 900 * GRANULE, &found));
    cr_expect_null(first(start + 5, start + 5, &found));
}

/* As long as a region lies there, whatever came and went beside it. */
Test(index, slots_that_come_and_go_hide_no_span)
{
    uintptr_t lies = 3 * LEAF_SPAN, next = lies + GRANULE, found = lies;

    lz_index_set_span(at(lies), GRANULE, &owners[0]);
    for (unsigned i = 0; i < UINT16_MAX; i++) {
        lz_index_set_span(at(next), GRANULE, &owners[1]);
        lz_index_set_span(at(next), GRANULE, NULL);
    }
    cr_expect_eq(lz_index_first(&found, next), &owners[0]);
    cr_expect_eq(found, lies);
}

/* The heap's granules are nobody's span, and are overwritten by one. */
Test(index, the_heap_is_no_span)
{
    uintptr_t start = LEAF_SPAN, found;

    lz_index_set(at(start), LZ_INDEX_HEAP);
    lz_index_set(at(start + 3 * GRANULE), LZ_INDEX_HEAP);
    cr_expect_null(first(start, start + GROUP_SPAN, &found));
    lz_index_set_span(at(start), 5 * GRANULE, &owners[0]);
    expect_span(start, 5 * GRANULE, &owners[0]);
    lz_index_set(at(start + GRANULE), LZ_INDEX_HEAP);
    cr_expect_null(first(start + GRANULE, start + 2 * GRANULE, &found));
}

Test(index, the_first_of_what_is_not_covered)
{
    uintptr_t found;

    lz_index_set_span(at(5 * GRANULE), GRANULE, &owners[0]);
    cr_expect_eq(first(0, UINTPTR_MAX, &found), &owners[0]);
    cr_expect_eq(found, 5 * GRANULE);
    cr_expect_null(first(6 * GRANULE, UINTPTR_MAX, &found));
    if (ADDRESS_END != 0)
        cr_expect_null(first(ADDRESS_END, UINTPTR_MAX, &found));
}

Test(index, a_span_without_memory_is_enomem_and_nothing_is_set)
{
    uintptr_t start = 2 * LEAF_SPAN - GROUP_SPAN - GRANULE;

    lz_index_set(at(start), NULL);
    fake_os.refuse = true;
    cr_expect_eq(lz_index_set_span(at(start), 2 * GROUP_SPAN, &owners[0]),
                 ENOMEM);
    fake_os.refuse = false;
    expect_nothing(start, 2 * GROUP_SPAN);
    /* One leaf is there, the other one is refused. */
    lz_index_set(at(start), &owners[1]);
    fake_os.refuse = true;
    cr_expect_eq(lz_index_set_span(at(start), 2 * GROUP_SPAN, &owners[0]),
                 ENOMEM);
    fake_os.refuse = false;
    expect_nothing(start, 2 * GROUP_SPAN);
    cr_expect_eq(lz_index_set_span(at(start), 2 * GROUP_SPAN, &owners[0]), 0);
    expect_span(start, 2 * GROUP_SPAN, &owners[0]);
}

Test(index, every_granule_of_a_leaf_has_its_own_slot)
{
    static char marks[LEAF_SPAN / LZ_INDEX_GRANULE];
    const size_t count = sizeof(marks);

    for (size_t i = 0; i < count; i++)
        cr_assert_eq(lz_index_set(at(LEAF_SPAN + i * GRANULE), &marks[i]), 0);
    for (size_t i = 0; i < count; i++)
        cr_assert_eq(lz_index_get(at(LEAF_SPAN + i * GRANULE)), &marks[i]);
    cr_expect_eq(fake_os.maps, 1);
    cr_expect_null(lz_index_get(at(LEAF_SPAN - 1)));
    cr_expect_null(lz_index_get(at(LEAF_SPAN + count * GRANULE)));
}

Test(index, both_ends_of_the_address_space)
{
    void *last = at(ADDRESS_END - GRANULE);

    cr_expect_eq(lz_index_set(NULL, &owners[0]), 0);
    cr_expect_eq(lz_index_set(last, &owners[1]), 0);
    cr_expect_eq(lz_index_get(at(0)), &owners[0]);
    cr_expect_eq(lz_index_get(at(GRANULE - 1)), &owners[0]);
    cr_expect_eq(lz_index_get(at(ADDRESS_END - 1)), &owners[1]);
    cr_expect_null(lz_index_get(at(ADDRESS_END - GRANULE - 1)));
}

#if UINTPTR_MAX > 0xffffffffu
static void
expect_out_of_range(uintptr_t address)
{
    cr_expect_null(lz_index_get(at(address)));
    cr_expect_eq(lz_index_set(at(address), &owners[0]), ENOMEM);
    cr_expect_eq(lz_index_set(at(address), NULL), 0);
    cr_expect_null(lz_index_get(at(address)));
}

Test(index, addresses_beyond_the_index)
{
    errno = ERRNO_MARK;
    for (unsigned bit = 48; bit < 64; bit++)
        expect_out_of_range((uintptr_t)1 << bit);
    expect_out_of_range(ADDRESS_END);
    expect_out_of_range(UINTPTR_MAX);
    expect_out_of_range(UINTPTR_MAX - GRANULE);
    EXPECT_ERRNO_KEPT();
    cr_expect_eq(fake_os.maps, 0);
    /* No wrap-around into the covered part. */
    lz_index_set(at(7 * GRANULE), &owners[0]);
    cr_expect_null(lz_index_get(at(ADDRESS_END + 7 * GRANULE)));
    cr_expect_null(lz_index_get(at(((uintptr_t)1 << 56) + 7 * GRANULE)));
}
#endif

Test(index, a_refused_leaf_is_enomem_and_can_be_had_later)
{
    void *address = at(LEAF_SPAN);

    fake_os.refuse = true;
    errno = ERRNO_MARK;
    cr_expect_eq(lz_index_set(address, &owners[0]), ENOMEM);
    cr_expect_null(lz_index_get(address));
    cr_expect_eq(lz_index_set(address, NULL), 0);
    EXPECT_ERRNO_KEPT();
    fake_os.refuse = false;
    cr_expect_eq(lz_index_set(address, &owners[0]), 0);
    cr_expect_eq(lz_index_get(address), &owners[0]);
}

Test(index, a_slot_set_before_needs_no_memory)
{
    lz_index_set(at(LEAF_SPAN), &owners[0]);
    fake_os.refuse = true;
    cr_expect_eq(lz_index_set(at(LEAF_SPAN), &owners[1]), 0);
    cr_expect_eq(lz_index_set(at(LEAF_SPAN), NULL), 0);
    cr_expect_eq(lz_index_set(at(LEAF_SPAN), &owners[2]), 0);
    cr_expect_eq(lz_index_set(at(LEAF_SPAN + GRANULE), &owners[3]), 0);
}

Test(index, clearing_what_was_never_set_maps_nothing)
{
    cr_expect_eq(lz_index_set(at(5 * LEAF_SPAN / 4), NULL), 0);
    cr_expect_eq(fake_os.maps, 0);
}

/* Another thread makes the same leaf while the first one is in the system. */
static void
set_neighbour(void)
{
    lz_index_set(at(LEAF_SPAN + GRANULE), &owners[1]);
}

Test(index, the_second_of_two_new_leaves_goes_back)
{
    fake_os.on_map = set_neighbour;
    cr_expect_eq(lz_index_set(at(LEAF_SPAN), &owners[0]), 0);
    cr_expect_eq(lz_index_get(at(LEAF_SPAN)), &owners[0]);
    cr_expect_eq(lz_index_get(at(LEAF_SPAN + GRANULE)), &owners[1]);
    cr_expect_eq(fake_os.maps, 2);
    cr_expect_eq(fake_os.unmaps, 1);
}

#if UINTPTR_MAX > 0xffffffffu
#define LEAVES 64
#define THREADS 4

static uintptr_t
address_for(unsigned number, size_t leaf)
{
    /* From 4 TiB: below, an emulator may have mapped something. */
    return (256 + leaf) * LEAF_SPAN + number * GRANULE;
}

static void
set_in_every_leaf(unsigned number)
{
    for (size_t leaf = 0; leaf < LEAVES; leaf++)
        lz_index_set(at(address_for(number, leaf)), &owners[number]);
}

Test(index, threads_that_race_for_leaves_lose_nothing)
{
    run_threads(THREADS, set_in_every_leaf);
    for (unsigned number = 0; number < THREADS; number++) {
        for (size_t leaf = 0; leaf < LEAVES; leaf++)
            cr_assert_eq(lz_index_get(at(address_for(number, leaf))),
                         &owners[number]);
    }
    cr_expect_eq(fake_os.maps - fake_os.unmaps, LEAVES);
}
#endif
