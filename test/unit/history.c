/* SPDX-License-Identifier: MIT */
/*
 * When the engine looks at the pages, when it writes without a look, and when
 * it discards them. The memory is real; the looks and writes are counted.
 */
#include "large/history.h"

#include "control/options.h"
#include "control/stats.h"
#include "large/zero.h"
#include "os/os.h"
#include "support.h"

WRAPPED(size_t, lz_zero, void *p, size_t n);
WRAPPED(size_t, lz_zero_seen, void *p, size_t n, struct lz_sparse_look *look);
WRAPPED(size_t, lz_zero_populated_seen, void *p, size_t n, size_t most,
        struct lz_sparse_look *look);
WRAPPED(void, lz_zero_write, void *p, size_t n);
WRAPPED(int, lz_os_discard, void *start, size_t length);
WRAPPED(bool, lz_os_discard_zeroes, void);
WRAPPED(bool, lz_os_is_plain, char *start, size_t length);
WRAPPED(void, lz_hugepage_learn, size_t map_size, bool full);

/* Large enough to be sampled, and what is in use starts on the second page. */
#define SIZE (16 * LZ_MIB)
#define MAP_SIZE (20 * LZ_MIB)
#define BLIND 16
#define PATIENCE 8

static struct {
    size_t looks, looks_freed, writes, discards;
    size_t full, sparse; /* told to hugepage.c */
    bool keeps_contents; /* what a discard does */
    bool is_odd;         /* the mapping */
    bool is_freed;       /* all of it may be discarded */
    int discard_error;
} fake;

static struct lz_history history;
static char *map, *block;

size_t
__wrap_lz_zero(void *p, size_t n)
{
    fake.looks++;
    return __real_lz_zero(p, n);
}

size_t
__wrap_lz_zero_seen(void *p, size_t n, struct lz_sparse_look *look)
{
    fake.looks++;
    return __real_lz_zero_seen(p, n, look);
}

size_t
__wrap_lz_zero_populated_seen(void *p, size_t n, size_t most,
                              struct lz_sparse_look *look)
{
    fake.looks_freed++;
    return __real_lz_zero_populated_seen(p, n, most, look);
}

void
__wrap_lz_zero_write(void *p, size_t n)
{
    fake.writes++;
    __real_lz_zero_write(p, n);
}

int
__wrap_lz_os_discard(void *start, size_t length)
{
    fake.discards++;
    /* Never beyond what is to be zero: that is the program's. */
    cr_expect_geq((char *)start, fake.is_freed ? map : block);
    cr_expect_leq((char *)start + length, map + MAP_SIZE);
    return fake.discard_error != 0 ? fake.discard_error
                                   : __real_lz_os_discard(start, length);
}

bool
__wrap_lz_os_discard_zeroes(void)
{
    return !fake.keeps_contents;
}

bool
__wrap_lz_os_is_plain(char *start, size_t length)
{
    cr_expect_eq(start, map);
    cr_expect_eq(length, MAP_SIZE);
    return !fake.is_odd;
}

void
__wrap_lz_hugepage_learn(size_t map_size, bool full)
{
    cr_expect_eq(map_size, MAP_SIZE);
    fake.full += full;
    fake.sparse += !full;
}

static void
set_up(void)
{
    lz_zero_memset = memset;
    map = lz_os_map(MAP_SIZE, 2 * LZ_MIB);
    cr_assert_not_null(map);
    /* Huge pages would come in by themselves and make a sparse use full. */
    lz_os_want_hugepages(map, MAP_SIZE, false);
    block = map + lz_os_page_size();
}

TestSuite(history, .init = set_up);

/* Zeroes n bytes of the block; each must read so, and be counted once. */
static void
zero(size_t n)
{
    uint64_t before = lz_stats.bytes_zeroed + lz_stats.bytes_not_zeroed;

    errno = ERRNO_MARK;
    lz_history_zero(&history, map, MAP_SIZE, block, n);
    EXPECT_ERRNO_KEPT();
    cr_assert(all_resident_bytes_are(block, n, 0));
    cr_expect_eq(lz_stats.bytes_zeroed + lz_stats.bytes_not_zeroed, before + n);
}

static void
dirty_and_zero(size_t n)
{
    memset(block, 0xA5, n);
    zero(n);
}

/* One byte in one page of many. */
static void
dirty_little_and_zero(void)
{
    block[SIZE / 2 + 77] = 1;
    zero(SIZE);
}

/* A program's memset need not begin at the block's start, nor end at its end.
 */
Test(history, what_lies_around_the_range_is_kept)
{
    const size_t before = 8, after = 8192, all = SIZE + 2 * LZ_MIB;

    dirty_and_zero(all);
    for (size_t use = 0; use < PATIENCE + 1; use++) {
        block[all / 2] = 1;
        memset(block, 42, before);
        memset(block + all - after, 43, after);
        lz_history_zero(&history, map, MAP_SIZE, block + before,
                        all - before - after);
        cr_expect(all_bytes_are(block, before, 42));
        cr_expect(all_bytes_are(block + before, all - before - after, 0));
        cr_expect(all_bytes_are(block + all - after, after, 43));
    }
    /* The last: sparse, and seen once. QEMU has no scan that would see it. */
    if (TEST_HAS_KERNEL)
        cr_expect_eq(fake.discards, 2);
}

Test(history, what_is_not_known_is_looked_at)
{
    zero(SIZE);
    cr_expect_eq(fake.looks, 1);
    cr_expect_eq(lz_stats.bytes_not_zeroed, SIZE);
    cr_expect_eq(resident_pages(block, SIZE) >= 0, true);
    dirty_little_and_zero();
    cr_expect_eq(fake.looks, 2);
    cr_expect_eq(fake.sparse, 2);
    cr_expect_eq(fake.full, 0);
}

/* 16 times; a look in between would cost and tell nothing. */
Test(history, full_pages_are_written_blindly_and_looked_at_again)
{
    dirty_and_zero(SIZE);
    for (size_t looks = 1; looks <= 3; looks++) {
        cr_expect_eq(fake.looks, looks);
        for (int i = 0; i < BLIND; i++)
            dirty_and_zero(SIZE);
        cr_expect_eq(fake.looks, looks);
        dirty_and_zero(SIZE);
    }
    cr_expect_eq(fake.full, 4);
    cr_expect_eq(fake.sparse, 0);
    cr_expect_eq(fake.discards, 0);
    cr_expect_eq(lz_stats.bytes_not_zeroed, 0);
}

/* The next look finds that the program gave pages back itself. */
Test(history, a_look_finds_what_is_not_full_any_more)
{
    dirty_and_zero(SIZE);
    for (int i = 0; i < BLIND; i++)
        dirty_and_zero(SIZE);
    cr_expect_eq(__real_lz_os_discard(map, MAP_SIZE), 0);
    zero(SIZE);
    zero(SIZE);
    cr_expect_eq(fake.looks, 3);
    cr_expect_eq(lz_stats.bytes_not_zeroed, 2 * SIZE);
    cr_expect_eq(fake.sparse, 2);
}

/* Of 16 parts 15 at least are there: the rest comes with the next write. */
Test(history, nearly_full_is_full)
{
    memset(block, 0xA5, SIZE - SIZE / 16 - 1);
    zero(SIZE);
    dirty_and_zero(SIZE);
    cr_expect_eq(fake.looks, 1);
}

Test(history, less_is_not_full)
{
    memset(block, 0xA5, SIZE - SIZE / 16 - lz_os_page_size());
    zero(SIZE);
    dirty_and_zero(SIZE);
    cr_expect_eq(fake.looks, 2);
}

/* A file may lie there: no page table and no discard tells of its bytes. */
Test(history, pages_of_an_odd_mapping_are_not_discarded)
{
    dirty_and_zero(SIZE);
    fake.is_odd = true;
    for (int i = 0; i < PATIENCE; i++)
        dirty_little_and_zero();
    cr_expect_eq(fake.discards, 0);
    cr_expect_eq(lz_stats.bytes_not_zeroed, 0);
}

Test(history, only_what_was_full_is_written_blindly)
{
    dirty_and_zero(4 * LZ_MIB);
    dirty_and_zero(4 * LZ_MIB);
    cr_expect_eq(fake.looks, 1);
    dirty_and_zero(2 * LZ_MIB); /* a part of it */
    cr_expect_eq(fake.looks, 1);
    memset(block, 0xA5, 4 * LZ_MIB);
    zero(4 * LZ_MIB + 1); /* the last page is not known */
    cr_expect_eq(fake.looks, 2);
}

Test(history, what_is_forgotten_is_looked_at)
{
    dirty_and_zero(SIZE);
    lz_history_forget(&history);
    dirty_and_zero(SIZE);
    cr_expect_eq(fake.looks, 2);
}

/* Below 16 MiB the samples would cost more than they save. */
Test(history, small_blocks_are_not_sampled)
{
    dirty_and_zero(SIZE - 1);
    for (int i = 0; i < BLIND; i++)
        zero(SIZE - 1);
    cr_expect_eq(fake.discards, 0);
    cr_expect_eq(fake.sparse, 0);
    cr_expect_eq(lz_stats.bytes_zeroed, (1 + BLIND) * (SIZE - 1));
}

static void
expect_given_back(size_t patience)
{
    size_t discards = fake.discards, sparse = fake.sparse;

    dirty_and_zero(SIZE); /* a look: full */
    for (size_t i = 1; i < patience; i++) {
        /* A look in between, after 16 writes, does not count as a use. */
        history.blind = BLIND;
        dirty_little_and_zero();
        cr_expect_eq(fake.discards, discards, "after %zu of %zu", i, patience);
    }
    history.blind = BLIND;
    dirty_little_and_zero();
    cr_expect_eq(fake.discards, discards + 1, "not after %zu", patience);
    cr_expect_eq(fake.sparse, sparse + patience);
    cr_expect_eq(history.full, 0);
}

/*
 * Pages that are given back are gone from memory, and it takes longer the next
 * time, up to a bound.
 */
Test(history, sparse_uses_in_a_row_give_the_pages_back)
{
    static const size_t patience[] = {8, 32, 128, 255, 255};

    for (size_t i = 0; i < sizeof(patience) / sizeof(patience[0]); i++)
        expect_given_back(patience[i]);
}

Test(history, pages_that_are_given_back_are_not_resident)
{
    uint64_t before;

    dirty_and_zero(SIZE);
    for (int i = 1; i < PATIENCE; i++)
        dirty_little_and_zero();
    before = lz_stats.bytes_not_zeroed;
    block[5] = 1;
    errno = ERRNO_MARK;
    lz_history_zero(&history, map, MAP_SIZE, block, SIZE);
    EXPECT_ERRNO_KEPT();
    cr_expect_eq(fake.discards, 1);
    cr_expect_eq(lz_stats.bytes_not_zeroed, before + SIZE);
    cr_expect_eq(resident_pages(map, MAP_SIZE), 0);
    cr_expect(all_bytes_are(map, MAP_SIZE, 0));
}

Test(history, a_dense_use_starts_the_row_again)
{
    dirty_and_zero(SIZE);
    for (int i = 0; i < BLIND; i++) {
        if (i % PATIENCE == PATIENCE - 1)
            dirty_and_zero(SIZE);
        else
            dirty_little_and_zero();
    }
    cr_expect_eq(fake.discards, 0);
    cr_expect_eq(fake.looks, 1);
}

/* A quarter of the pages in use is sparse; half is not. */
static void
dirty_every(size_t pages)
{
    size_t page = lz_os_page_size();

    /* Runs of 16 pages: no rhythm that the samples could be in step with. */
    for (size_t i = 0; i < SIZE / page; i++) {
        if (i / (SIZE / page / 16) % pages == 0)
            block[i * page + 1] = 1;
    }
    zero(SIZE);
}

Test(history, a_quarter_is_sparse_and_a_half_is_not)
{
    dirty_and_zero(SIZE);
    for (int i = 0; i < 4; i++)
        dirty_every(2);
    cr_expect_eq(fake.sparse, 0);
    cr_expect_eq(fake.discards, 0);
    for (int i = 0; i < PATIENCE; i++)
        dirty_every(4);
    cr_expect_eq(fake.sparse, PATIENCE);
    cr_expect_eq(fake.discards, 1);
}

/* All pages would come back, one by one. */
Test(history, sparse_uses_of_other_pages_each_time_keep_them)
{
    dirty_and_zero(SIZE);
    for (size_t i = 0; i < 8 * PATIENCE; i++) {
        memset(block + i % 15 * LZ_MIB, 1, LZ_MIB);
        history.blind = BLIND;
        zero(SIZE);
    }
    cr_expect_eq(fake.sparse, 8 * PATIENCE);
    cr_expect_eq(fake.discards, 0);
    cr_expect_eq(fake.looks, 1);
}

/* Refused, locked, or without effect: everything is written then. */
Test(history, a_discard_that_fails_leaves_no_byte)
{
    dirty_and_zero(SIZE);
    fake.discard_error = EINVAL;
    for (int i = 0; i < 2 * PATIENCE; i++)
        dirty_little_and_zero();
    cr_expect_eq(fake.discards, 2);
    cr_expect_eq(lz_stats.bytes_zeroed, (1 + 2 * PATIENCE) * SIZE);
}

Test(history, a_discard_that_does_not_zero_is_not_tried)
{
    dirty_and_zero(SIZE);
    fake.keeps_contents = true;
    for (int i = 0; i < 2 * PATIENCE; i++)
        dirty_little_and_zero();
    cr_expect_eq(fake.discards, 0);
    cr_expect_eq(lz_stats.bytes_zeroed, (1 + 2 * PATIENCE) * SIZE);
}

/* Its pages may be pinned: whatever was learned, they stay. */
Test(history, a_live_block_is_never_discarded)
{
    zero(SIZE);
    zero(SIZE);
    zero(SIZE); /* now it is taken to be empty */
    cr_assert_eq(fake.discards, 1);
    for (int i = 0; i < 4; i++)
        lz_history_zero_live(&history, map, MAP_SIZE, block, SIZE);
    history = (struct lz_history){0};
    dirty_and_zero(SIZE); /* now it is full, and then sparse */
    for (int i = 0; i < 2 * PATIENCE; i++) {
        block[SIZE / 2 + 77] = 1;
        if (lz_history_is_write(&history, map, block, SIZE))
            memset(block, 0, SIZE);
        else
            lz_history_zero_live(&history, map, MAP_SIZE, block, SIZE);
        cr_expect(all_bytes_are(block, SIZE, 0));
    }
    cr_expect_eq(fake.discards, 1);
}

/* The owner has seen to it: not even a look. */
Test(history, what_is_clean_is_left_alone)
{
    dirty_and_zero(SIZE);
    fake.looks = fake.writes = 0;
    history.clean = true;
    zero(SIZE);
    zero(SIZE / 2);
    cr_expect_eq(fake.looks + fake.writes + fake.discards, 0);
    cr_expect_eq(lz_stats.bytes_not_zeroed, SIZE + SIZE / 2);
    lz_history_forget(&history);
    cr_expect_not(history.clean);
}

/* How often the block is taken to be empty until the next look. */
static size_t
count_unlooked(void)
{
    size_t looks = fake.looks, count = 0;

    for (;; count++) {
        zero(SIZE);
        if (fake.looks != looks)
            return count;
    }
}

/* Never more often than it was seen to be so; each look counts as well. */
Test(history, what_was_empty_is_taken_to_be_so_for_a_while)
{
    zero(SIZE);
    cr_expect_eq(count_unlooked(), 0);
    for (size_t looks = 2; looks < 20; looks++)
        cr_expect_eq(count_unlooked(), looks < 16 ? looks : 16);
}

/* By one discard, and nothing beside the range. */
Test(history, what_was_taken_to_be_empty_is_zero_all_the_same)
{
    zero(SIZE);
    zero(SIZE);
    memset(block, 0xA5, SIZE + 1);
    zero(SIZE);
    cr_expect_eq(fake.looks, 2);
    cr_expect_eq(fake.discards, 1);
    cr_expect_eq(resident_pages(block, SIZE), 0);
    cr_expect_eq((unsigned char)block[SIZE], 0xA5);
}

/* A use is found by the next look, and then no time is without one. */
Test(history, a_use_ends_a_blocks_being_empty)
{
    zero(SIZE);
    zero(SIZE);
    zero(SIZE);
    zero(SIZE);
    dirty_little_and_zero();
    cr_expect_eq(fake.looks, 3);
    dirty_little_and_zero();
    dirty_little_and_zero();
    cr_expect_eq(fake.looks, 5);
    cr_expect_eq(__real_lz_os_discard(map, MAP_SIZE), 0);
    zero(SIZE);
    zero(SIZE);
    cr_expect_eq(fake.looks, 7);
    cr_expect_eq(count_unlooked(), 2);
}

/* Locked, or a system whose advice is only that. */
Test(history, an_empty_one_that_is_not_discarded_is_looked_at)
{
    for (size_t kind = 0; kind < 2; kind++) {
        history = (struct lz_history){0};
        cr_assert_eq(__real_lz_os_discard(map, MAP_SIZE), 0);
        zero(SIZE);
        zero(SIZE);
        fake.discard_error = kind == 0 ? EINVAL : 0;
        fake.keeps_contents = kind == 1;
        dirty_and_zero(SIZE);
        cr_expect_eq(fake.looks, 3 * (kind + 1));
    }
    cr_expect_eq(fake.discards, 1);
}

Test(history, a_forced_oracle_is_asked_each_time)
{
    lz_options.oracle = LZ_ORACLE_SCAN;
    for (int i = 0; i < 4; i++)
        zero(SIZE);
    cr_expect_eq(fake.looks, 4);
    cr_expect_eq(fake.discards, 0);
}

#define FEW 32 /* pages: sparse, as a 128th of the block */

/* Pages of the block that are in memory while a use has `count` pages, one in
 * `stride` from `first` on; and then it is zeroed for the next. */
static long
use_pages(size_t first, size_t count, size_t stride)
{
    size_t page = lz_os_page_size(), all = SIZE / page;
    long resident;

    for (size_t i = 0; i < count; i++)
        block[(first + i * stride) % all * page + 7] = 1;
    resident = resident_pages(block, SIZE);
    zero(SIZE);
    return resident;
}

/* None of them comes back, so none is kept: the block never has more than the
 * program uses. */
Test(history, sparse_uses_of_other_pages_do_not_add_up)
{
    size_t page = lz_os_page_size(), all = SIZE / page;

    for (size_t use = 0; use < 200; use++)
        cr_expect_leq(use_pages(use * 7919, FEW, all / FEW + 1), FEW);
    cr_expect_leq(fake.looks, 30);
    cr_expect_leq(resident_pages(block, SIZE), 0);
}

/* The second use faults them in again, and no later one. */
Test(history, sparse_uses_of_the_same_pages_keep_them)
{
    for (size_t use = 0; use < 100; use++)
        use_pages(5, FEW, 100);
    cr_expect_eq(fake.discards, 1);
    cr_expect_eq(resident_pages(block, SIZE), FEW);
}

Test(history, a_sparse_use_that_goes_on_for_longer_has_the_same_pages)
{
    size_t most = SIZE / 16 / lz_os_page_size();

    for (size_t use = 0; use < 100; use++)
        use_pages(0, most / 8 + use * 37 % (most - most / 8), 1);
    cr_expect_leq(fake.discards, 3);
    cr_expect_geq(resident_pages(block, SIZE), (long)most * 3 / 4);
}

/* Most of its pages are always those of the use before it. */
Test(history, a_sparse_use_that_moves_on_does_not_leave_a_trail)
{
    long most = 0;

    for (size_t use = 0; use < 300; use++) {
        long now = use_pages(use * 4, FEW, 1);

        if (now > most)
            most = now;
    }
    cr_expect_leq(most, 4 * FEW);
}

/* Once more the pages come back: they are kept from the second use on. */
Test(history, pages_that_come_back_after_all_are_kept)
{
    for (size_t use = 0; use < 50; use++)
        use_pages(use * 7919, FEW, 100);
    for (size_t use = 0; use < 20; use++)
        use_pages(11, FEW, 100);
    cr_expect_eq(resident_pages(block, SIZE), FEW);
}

/* More than a sixteenth: to write all of it costs less than the faults. */
Test(history, uses_that_are_not_sparse_keep_their_pages)
{
    size_t page = lz_os_page_size(), count = SIZE / page / 10;

    for (size_t use = 0; use < 20; use++)
        use_pages(use * 7919, count, 9);
    cr_expect_eq(fake.discards, 0);
    cr_expect_geq(resident_pages(block, SIZE), 2 * (long)count);
}

Test(history, a_sparse_use_that_cannot_be_discarded_is_zero)
{
    for (size_t kind = 0; kind < 2; kind++) {
        fake.discard_error = kind == 0 ? EINVAL : 0;
        fake.keeps_contents = kind == 1;
        for (size_t use = 0; use < 20; use++)
            use_pages(use * 7919, FEW, 100);
    }
    cr_expect_gt(resident_pages(block, SIZE), FEW);
}

/* The same use, and then the block is freed. What stays in memory. */
static long
use_and_free(size_t first, size_t count, size_t stride)
{
    size_t page = lz_os_page_size(), all = SIZE / page, bytes;

    for (size_t i = 0; i < count; i++)
        block[(first + i * stride) % all * page + 7] = 1;
    errno = ERRNO_MARK;
    fake.is_freed = true;
    bytes = lz_history_freed(&history, map, MAP_SIZE, SIZE + page);
    if (lz_history_drop(&history, map, MAP_SIZE, SIZE + page))
        bytes = 0;
    fake.is_freed = false;
    EXPECT_ERRNO_KEPT();
    cr_expect_geq(bytes / page, (size_t)resident_pages(map, MAP_SIZE));
    return resident_pages(map, MAP_SIZE);
}

/* Gone before the program has others: it never held two uses at once. */
Test(history, pages_that_will_not_come_back_go_when_the_block_is_freed)
{
    for (size_t use = 0; use < 100; use++) {
        cr_expect_eq(use_and_free(use * 7919, FEW, 100), 0);
        if (use % 2 == 0) /* a malloc does not ask for zeros */
            zero(SIZE);
    }
    cr_expect_leq(fake.looks_freed, 50);
}

/* From the second use on; then calloc's look sees to it. */
Test(history, pages_that_come_back_stay_when_the_block_is_freed)
{
    cr_expect_eq(use_and_free(5, FEW, 100), 0);
    for (size_t use = 0; use < 20; use++) {
        zero(SIZE);
        cr_expect_eq(use_and_free(5, FEW, 100), FEW);
    }
    cr_expect_eq(fake.discards, 1);
    cr_expect_eq(fake.looks_freed, 2);
}

Test(history, a_dense_block_that_is_freed_is_looked_at_once)
{
    size_t pages = SIZE / lz_os_page_size();

    for (size_t use = 0; use < 20; use++)
        cr_expect_eq(use_and_free(0, pages, 1), (long)pages);
    cr_expect_eq(fake.looks_freed, 1);
}

/* Now and then, and a use is found in time. */
Test(history, an_unused_block_that_is_freed_is_looked_at_now_and_then)
{
    for (size_t use = 0; use < 100; use++)
        use_and_free(0, 0, 1);
    cr_expect_leq(fake.looks_freed, 20);
    for (size_t use = 0; use < 20; use++)
        use_and_free(5, FEW, 100);
    cr_expect_gt(fake.looks_freed, 5);
    cr_expect_eq(resident_pages(map, MAP_SIZE), FEW);
}

Test(history, a_block_that_is_too_small_or_forced_is_not_looked_at)
{
    size_t page = lz_os_page_size();

    block[7] = 1;
    cr_expect_eq(lz_history_freed(&history, map, MAP_SIZE, SIZE - page),
                 SIZE - page);
    lz_options.oracle = LZ_ORACLE_SCAN;
    cr_expect_eq(lz_history_freed(&history, map, MAP_SIZE, SIZE), SIZE);
    cr_expect_eq(fake.looks_freed, 0);
    cr_expect_not(lz_history_drop(&history, map, MAP_SIZE, SIZE));
}

/* A file may lie there, or the system refuses. */
Test(history, what_cannot_be_discarded_stays_when_the_block_is_freed)
{
    fake.is_odd = true;
    cr_expect_eq(use_and_free(0, FEW, 100), FEW);
    fake.is_odd = false;
    fake.discard_error = EINVAL;
    history = (struct lz_history){0};
    cr_expect_eq(use_and_free(50, FEW, 100), 2 * FEW);
    cr_expect_eq(fake.discards, 1);
}

#define HEAP_BLOCK (64 * LZ_KIB)
#define LOOKS 16

/* As jemalloc hands it out: it may begin anywhere in its first page. */
static void
zero_heap_block(char *p, size_t n)
{
    errno = ERRNO_MARK;
    lz_history_zero_block(p, n);
    EXPECT_ERRNO_KEPT();
    cr_assert(all_resident_bytes_are(block, HEAP_BLOCK, 0));
}

Test(history, a_full_block_of_the_heap_is_looked_at_now_and_then)
{
    for (size_t use = 0; use < 1 + BLIND; use++) {
        memset(block + 64 * use, 0xA5, HEAP_BLOCK - 64 * use);
        zero_heap_block(block + 64 * use, HEAP_BLOCK - 64 * use);
        cr_expect_eq(fake.looks, 1);
    }
    zero_heap_block(block, HEAP_BLOCK);
    cr_expect_eq(fake.looks, 2);
}

Test(history, a_longer_block_of_the_heap_is_looked_at)
{
    memset(block, 0xA5, HEAP_BLOCK / 2);
    zero_heap_block(block, HEAP_BLOCK / 2);
    memset(block, 0xA5, HEAP_BLOCK);
    zero_heap_block(block, HEAP_BLOCK);
    cr_expect_eq(fake.looks, 2);
}

Test(history, a_small_sparse_block_of_the_heap_is_written_after_many_looks)
{
    for (size_t use = 0; use < LOOKS; use++) {
        block[HEAP_BLOCK / 2] = 1;
        zero_heap_block(block, HEAP_BLOCK);
    }
    cr_expect_eq(fake.looks, LOOKS);
    cr_expect_eq(resident_pages(block, HEAP_BLOCK), 1);
    block[HEAP_BLOCK / 2] = 1;
    zero_heap_block(block, HEAP_BLOCK);
    cr_expect_eq(fake.looks, LOOKS);
    cr_expect_eq(resident_pages(block, HEAP_BLOCK),
                 HEAP_BLOCK / lz_os_page_size());
}

Test(history, a_larger_sparse_block_of_the_heap_stays_sparse)
{
    for (size_t use = 0; use < 4 * LOOKS; use++) {
        block[LZ_MIB / 4] = 1;
        zero_heap_block(block, LZ_MIB / 2);
    }
    cr_expect_eq(fake.looks, 4 * LOOKS);
    cr_expect_eq(resident_pages(block, LZ_MIB / 2), 1);
}

Test(history, a_half_used_block_of_the_heap_is_written_after_many_looks)
{
    const size_t n = LZ_MIB, page = lz_os_page_size();

    for (size_t use = 0; use < LOOKS + 1; use++) {
        for (size_t at = 0; at < n; at += 2 * page)
            block[at] = 1;
        zero_heap_block(block, n);
        cr_expect(all_resident_bytes_are(block, n, 0));
    }
    cr_expect_eq(fake.looks, LOOKS);
    cr_expect_eq(resident_pages(block, n), n / page);
}

Test(history, a_forced_oracle_is_asked_about_each_block_of_the_heap)
{
    lz_options.oracle = LZ_ORACLE_PAGEMAP;
    for (size_t use = 0; use < 4; use++) {
        memset(block, 0xA5, HEAP_BLOCK);
        zero_heap_block(block, HEAP_BLOCK);
    }
    cr_expect_eq(fake.looks, 4);
}
