/* SPDX-License-Identifier: MIT */
#include "large/history.h"

#include "control/options.h"
#include "control/stats.h"
#include "large/hugepage.h"
#include "large/zero.h"
#include "os/os.h"

/*
 * To look at a full region costs more than it saves. So once a region was found
 * full, this many zeroings write it without a look (doc/design.md).
 */
#define BLIND_WRITES 16

/*
 * Once all pages are populated, the page table no longer tells how much of them
 * a program uses: after one dense use, every sparse one would pay for a full
 * write. So before a large full region is written, a few of its pages are read.
 * After some sparse uses in a row, of the same pages, all pages are discarded;
 * those that are used again cost a page fault each. Each time this happens, the
 * next time takes longer. A program that uses different pages each time would
 * fault in all of them again, so it keeps them (doc/design.md).
 */
#define SAMPLE_LEAST (16 * LZ_MIB)
#define SAMPLES 16
#define PATIENCE 8

/*
 * A block that is never used: to discard nothing is cheaper than a look, by one
 * system call (doc/design.md). After N empty looks in a row, from EMPTY_LEAST
 * to EMPTY_MOST, the next N zeroings discard without a look. If the program
 * does use the block meanwhile, it takes a page fault again for what it used
 * before, N times at most.
 */
#define EMPTY_LEAST 2
#define EMPTY_MOST 16

void
lz_history_forget(struct lz_history *history)
{
    history->full = 0;
    history->clean = false;
}

static bool
is_page_zero(const char *page, size_t size)
{
    const uint64_t *word = (const void *)page;

    for (size_t i = 0; i < size / sizeof(*word); i++) {
        if (word[i] != 0)
            return false;
    }
    return true;
}

/* A bit for each sample that is in use. */
static uint16_t
sample(char *p, size_t n)
{
    size_t page = lz_os_page_size(), step = lz_round_down(n / SAMPLES, page);
    char *at = (char *)lz_round_up((uintptr_t)p, page);
    unsigned used = 0;

    for (int i = 0; i < SAMPLES - 1; i++, at += step)
        used |= (unsigned)!is_page_zero(at, page) << i;
    return (uint16_t)used;
}

static bool
is_few(unsigned samples)
{
    return __builtin_popcount(samples) <= SAMPLES / 4;
}

bool
lz_history_is_sparse(char *p, size_t n)
{
    return is_few(sample(p, n));
}

static uint8_t
patience_of(const struct lz_history *history)
{
    return history->patience != 0 ? history->patience : PATIENCE;
}

/* True: enough uses in a row have, taken together, left most pages alone. */
static bool
is_long_sparse(struct lz_history *history, size_t map_size, char *p, size_t n)
{
    uint16_t used = sample(p, n);

    if (is_few(used))
        lz_hugepage_learn(map_size, false);
    if (!is_few(used | history->used)) {
        history->sparse = 0;
        history->used = 0;
        return false;
    }
    history->used |= used;
    return ++history->sparse >= patience_of(history);
}

/*
 * Discards only the pages that lie wholly inside. What the program wrote may
 * lie around them.
 */
static bool
discard_inside(char *p, size_t n)
{
    size_t page = lz_os_page_size();
    char *from = (char *)lz_round_up((uintptr_t)p, page);
    char *to = (char *)lz_round_down((uintptr_t)(p + n), page);

    if (!lz_os_discard_zeroes() ||
        lz_os_discard(from, (size_t)(to - from)) != 0)
        return false;
    lz_zero_write(p, (size_t)(from - p));
    lz_zero_write(to, (size_t)(p + n - to));
    return true;
}

/* True: the pages are gone, and [p, p + n) reads as zero. */
static bool
give_pages_back(struct lz_history *history, char *map, size_t map_size, char *p,
                size_t n)
{
    if (n < SAMPLE_LEAST || !is_long_sparse(history, map_size, p, n))
        return false;
    history->sparse = 0;
    history->used = 0;
    if (!lz_os_is_plain(map, map_size) || !discard_inside(p, n))
        return false;
    history->patience =
        (uint8_t)(patience_of(history) > 63 ? 255 : 4 * patience_of(history));
    lz_history_forget(history);
    return true;
}

/*
 * A few pages that are missing become resident with the next write. Otherwise a
 * program that uses different pages each time would pay for long looks until
 * the last page is resident.
 */
static bool
is_nearly_full(size_t n, size_t written)
{
    return written >= n - n / 16;
}

void
lz_history_count_empty(struct lz_history *history, bool empty)
{
    if (!empty)
        history->empty = 0;
    else if (history->empty < EMPTY_MOST)
        history->empty++;
    /* A forced oracle is asked each time. */
    history->unlooked =
        history->empty < EMPTY_LEAST || lz_options.oracle != LZ_ORACLE_AUTO
            ? 0
            : history->empty;
}

/* True: its pages, if it had any after all, are gone, and it reads as zero. */
static bool
is_left_empty(struct lz_history *history, char *p, size_t n)
{
    if (!discard_inside(p, n))
        return false;
    history->unlooked--;
    return true;
}

static void
learn(struct lz_history *history, const char *map, size_t map_size,
      const char *p, size_t n, size_t written)
{
    history->full = is_nearly_full(n, written) ? (size_t)(p + n - map) : 0;
    history->blind = BLIND_WRITES;
    lz_hugepage_learn(map_size, written == n);
    LZ_STAT_ADD(bytes_zeroed, written);
    LZ_STAT_ADD(bytes_not_zeroed, n - written);
}

enum lz_plan
lz_history_plan(const struct lz_history *history, const char *map,
                const char *p, size_t n)
{
    if (history->clean)
        return LZ_PLAN_NOTHING;
    if ((size_t)(p + n - map) <= history->full && history->blind > 0)
        return LZ_PLAN_WRITE;
    return history->unlooked != 0 ? LZ_PLAN_DISCARD : LZ_PLAN_LOOK;
}

static void
count_write(struct lz_history *history, size_t n)
{
    history->blind--;
    LZ_STAT_ADD(bytes_zeroed, n);
}

bool
lz_history_is_write(struct lz_history *history, const char *map, const char *p,
                    size_t n)
{
    if (lz_history_plan(history, map, p, n) != LZ_PLAN_WRITE)
        return false;
    count_write(history, n);
    return true;
}

void
lz_history_zero_live(struct lz_history *history, const char *map,
                     size_t map_size, char *p, size_t n)
{
    size_t written = lz_zero_live(p, n);

    learn(history, map, map_size, p, n, written);
    lz_history_count_empty(history, written == 0);
}

/* A look for zeros. How much of what was written is still there. */
static size_t
look_and_zero(struct lz_history *history, char *map, size_t map_size, char *p,
              size_t n)
{
    bool is_first = !lz_sparse_is_known(&history->pages);
    struct lz_sparse_look look;
    size_t written;

    lz_sparse_begin(&look, map, map_size);
    written = lz_zero_seen(p, n, &look);
    learn(history, map, map_size, p, n, written);
    if (written == 0 || written > n / LZ_SPARSE_SHARE ||
        lz_options.oracle != LZ_ORACLE_AUTO ||
        lz_sparse_learn(&history->pages, &look, written) ||
        !discard_inside(p, n)) {
        lz_history_count_empty(history, written == 0);
        return written;
    }
    lz_history_count_empty(history, !is_first);
    return 0;
}

static size_t
zero(struct lz_history *history, char *map, size_t map_size, char *p, size_t n)
{
    enum lz_plan plan = lz_history_plan(history, map, p, n);
    bool is_done = plan == LZ_PLAN_NOTHING ||
                   (plan == LZ_PLAN_WRITE &&
                    give_pages_back(history, map, map_size, p, n)) ||
                   (plan == LZ_PLAN_DISCARD && is_left_empty(history, p, n));

    if (is_done) {
        LZ_STAT_ADD(bytes_not_zeroed, n);
        return 0;
    }
    if (plan != LZ_PLAN_WRITE)
        return look_and_zero(history, map, map_size, p, n);
    lz_zero_write(p, n);
    count_write(history, n);
    return n;
}

size_t
lz_history_zero(struct lz_history *history, char *map, size_t map_size, char *p,
                size_t n)
{
    size_t populated = zero(history, map, map_size, p, n);

    history->warm = populated != 0;
    return populated;
}

/*
 * Blocks of the heap: BLOCKS of them are remembered. A block that was looked at
 * BLOCK_LOOKS times without being full is written in full if that costs less
 * than a look (doc/design.md): if it is no larger than BLOCK_SMALL, or if a
 * quarter of it was written at each look anyway. The pages that this makes
 * resident are at most three times those that such blocks use, or 16 MiB for
 * the small ones.
 */
#define BLOCKS 64
#define BLOCK_SMALL (256 * LZ_KIB)
#define BLOCK_LOOKS 16

/*
 * All fields are atomic: another thread may see the hint of a block that was
 * freed long ago.
 */
static struct block {
    uintptr_t page; /* its first; within it, jemalloc varies the start */
    size_t full;    /* bytes from there: all populated */
    size_t looked;  /* bytes from there: what the looks were at */
    uint8_t blind, looks;
} blocks[BLOCKS];

_Static_assert(BLOCKS == 1 << 6, "the hash's range");

/* Fibonacci hashing of the page number. */
static struct block *
block_of(uintptr_t page)
{
    return &blocks[(uint32_t)page * 2654435769u >> (32 - 6)];
}

/* The entry was another block's. */
static void
take_over(struct block *block, uintptr_t page)
{
    __atomic_store_n(&block->page, page, __ATOMIC_RELAXED);
    __atomic_store_n(&block->blind, 0, __ATOMIC_RELAXED);
    __atomic_store_n(&block->looks, 0, __ATOMIC_RELAXED);
}

static enum lz_plan
plan_block(struct block *block, uintptr_t page, size_t n)
{
    uint8_t blind = __atomic_load_n(&block->blind, __ATOMIC_RELAXED);

    /* A forced oracle is asked each time. */
    if (lz_options.oracle != LZ_ORACLE_AUTO)
        return LZ_PLAN_LOOK;
    if (__atomic_load_n(&block->page, __ATOMIC_RELAXED) != page) {
        take_over(block, page);
        return LZ_PLAN_LOOK;
    }
    if (blind > 0 && n <= __atomic_load_n(&block->full, __ATOMIC_RELAXED)) {
        __atomic_store_n(&block->blind, blind - 1, __ATOMIC_RELAXED);
        return LZ_PLAN_WRITE;
    }
    if (__atomic_load_n(&block->looks, __ATOMIC_RELAXED) < BLOCK_LOOKS ||
        n > __atomic_load_n(&block->looked, __ATOMIC_RELAXED))
        return LZ_PLAN_LOOK;
    __atomic_store_n(&block->looks, 0, __ATOMIC_RELAXED);
    return LZ_PLAN_WRITE;
}

/* After a look that wrote so much. */
static void
learn_block(struct block *block, size_t n, size_t written)
{
    uint8_t looks = __atomic_load_n(&block->looks, __ATOMIC_RELAXED);
    bool costly = n <= BLOCK_SMALL || written >= n / 4;
    bool more = n > __atomic_load_n(&block->looked, __ATOMIC_RELAXED);

    if (!costly || more)
        looks = 0;
    if (costly && looks < BLOCK_LOOKS)
        looks++;
    __atomic_store_n(&block->looks, looks, __ATOMIC_RELAXED);
    __atomic_store_n(&block->looked, n, __ATOMIC_RELAXED);
    if (written < n)
        return;
    __atomic_store_n(&block->full, n, __ATOMIC_RELAXED);
    __atomic_store_n(&block->blind, BLIND_WRITES, __ATOMIC_RELAXED);
}

void
lz_history_zero_block(char *p, size_t n)
{
    uintptr_t page = (uintptr_t)p / lz_os_page_size();
    struct block *block = block_of(page);

    if (plan_block(block, page, n) == LZ_PLAN_WRITE)
        lz_zero_write(p, n);
    else
        learn_block(block, n, lz_zero(p, n));
}
