/* SPDX-License-Identifier: MIT */
#include "large/zero.h"

#include "base/assert.h"
#include "control/options.h"
#include "control/stats.h"
#include "os/os.h"

/*
 * Ranges that one question returns. More of them make fewer questions
 * (doc/design.md), but they lie on the stack: 96 are 2.3 KiB. A signal handler
 * may have 8 KiB, of which a frame with wide registers leaves half; 128 ranges
 * overflowed it on i386. (On an alternate stack of 4 KiB no memset looks:
 * region.c.)
 */
#define RANGES 96

/*
 * To discard less costs more, by the page faults that follow, than to write it.
 */
#define DISCARD_LEAST LZ_MIB

lz_zero_memset_t lz_zero_memset;

void *
lz_zero_fill(void *p, int c, size_t n)
{
    lz_zero_memset_t libc_memset = lz_zero_libc_memset();
    volatile unsigned char *byte = p;

    if (LZ_LIKELY(libc_memset != NULL))
        return libc_memset(p, c, n);
    for (size_t i = 0; i < n; i++)
        byte[i] = (unsigned char)c;
    return p;
}

void
lz_zero_write(void *p, size_t n)
{
    lz_zero_fill(p, 0, n);
}

/* The part of [start, end) that lies in the range; how much that is. */
static size_t
write_range(const struct lz_os_range *range, char *start, char *end)
{
    char *from = (char *)(uintptr_t)range->start;
    char *to = (char *)(uintptr_t)range->end;

    if (from < start)
        from = start;
    if (to > end)
        to = end;
    LZ_ASSERT(from < to);
    lz_zero_write(from, (size_t)(to - from));
    return (size_t)(to - from);
}

/* False: a page of them cannot be written to. */
static bool
write_ranges(const struct lz_os_range *ranges, int count, char *start,
             char *end, size_t *written, struct lz_sparse_look *look)
{
    for (int i = 0; i < count; i++) {
        if (!lz_os_can_write(&ranges[i]))
            return false;
        if (look != NULL)
            lz_sparse_see(look, &ranges[i]);
        *written += write_range(&ranges[i], start, end);
    }
    return true;
}

/* False: the oracle could not tell, and some of the range may be dirty. */
static bool
write_populated(enum lz_os_oracle oracle, char *start, char *end,
                size_t *written, struct lz_sparse_look *look)
{
    struct lz_os_range ranges[RANGES];
    size_t page = lz_os_page_size();
    char *at = (char *)lz_round_down((uintptr_t)start, page);
    char *stop = (char *)lz_round_up((uintptr_t)end, page), *resume;
    int count;

    while (at < stop) {
        resume = at;
        count = lz_os_find_populated(oracle, at, stop, ranges, RANGES, &resume);
        if (count < 0 || resume <= at ||
            !write_ranges(ranges, count, start, end, written, look))
            return false;
        LZ_ASSERT(resume <= stop);
        at = resume;
    }
    return true;
}

static bool
discard(char *start, char *end, size_t *written)
{
    size_t page = lz_os_page_size();
    char *from = (char *)lz_round_up((uintptr_t)start, page);
    char *to = (char *)lz_round_down((uintptr_t)end, page);

    if ((size_t)(end - start) < DISCARD_LEAST)
        return false;
    LZ_ASSERT(start <= from && from <= to && to <= end);
    if (lz_os_zero(from, (size_t)(to - from)) != 0 &&
        (!lz_os_discard_zeroes() ||
         lz_os_discard(from, (size_t)(to - from)) != 0))
        return false;
    lz_zero_write(start, (size_t)(from - start));
    lz_zero_write(to, (size_t)(end - to));
    *written = (size_t)(from - start) + (size_t)(end - to);
    return true;
}

static bool
try_oracle(enum lz_oracle oracle, char *start, char *end, size_t *written,
           struct lz_sparse_look *look)
{
    *written = 0;
    switch (oracle) {
    case LZ_ORACLE_SCAN:
        return write_populated(LZ_OS_ORACLE_SCAN, start, end, written, look);
    case LZ_ORACLE_PAGEMAP:
        return write_populated(LZ_OS_ORACLE_PAGEMAP, start, end, written, look);
    case LZ_ORACLE_DISCARD:
        return discard(start, end, written);
    default:
        lz_zero_write(start, (size_t)(end - start));
        *written = (size_t)(end - start);
        return true;
    }
}

static size_t
zero(char *start, char *end, bool live, struct lz_sparse_look *look)
{
    enum lz_oracle chosen = (enum lz_oracle)lz_options.oracle;
    size_t written = 0;

    LZ_ASSERT(start <= end);
    if (start == end)
        return 0;
    if (live && chosen == LZ_ORACLE_DISCARD)
        chosen = LZ_ORACLE_MEMSET;
    if (chosen != LZ_ORACLE_AUTO &&
        try_oracle(chosen, start, end, &written, look))
        return written;
    for (int step = LZ_ORACLE_SCAN; step <= LZ_ORACLE_MEMSET; step++) {
        if (live && step == LZ_ORACLE_DISCARD)
            continue;
        if (try_oracle((enum lz_oracle)step, start, end, &written, look))
            break;
    }
    LZ_ASSERT(written <= (size_t)(end - start));
    return written;
}

static bool
reads_as_zero(const void *p, size_t n)
{
    const volatile unsigned char *byte = p;
    const volatile uintptr_t *word;
    size_t at = 0;

    for (; at < n && ((uintptr_t)(byte + at) & (sizeof(*word) - 1)) != 0; at++)
        if (byte[at] != 0)
            return false;
    word = (const volatile uintptr_t *)(uintptr_t)(byte + at);
    for (; at + sizeof(*word) <= n; at += sizeof(*word))
        if (*word++ != 0)
            return false;
    for (; at < n; at++)
        if (byte[at] != 0)
            return false;
    return true;
}

/* At each end of a block. Sizes of 32 bits are below. */
#define VERIFIED_MOST (2048 * (uint64_t)LZ_MIB)

bool
lz_zero_is_zero(const void *p, size_t n)
{
    const char *start = p;

    if (n / 2 <= VERIFIED_MOST)
        return reads_as_zero(p, n);
    return reads_as_zero(start, (size_t)VERIFIED_MOST) &&
           reads_as_zero(start + n - (size_t)VERIFIED_MOST,
                         (size_t)VERIFIED_MOST);
}

size_t
lz_zero(void *p, size_t n)
{
    return zero(p, (char *)p + n, false, NULL);
}

size_t
lz_zero_seen(void *p, size_t n, struct lz_sparse_look *look)
{
    return zero(p, (char *)p + n, false, look);
}

size_t
lz_zero_live(void *p, size_t n)
{
    return zero(p, (char *)p + n, true, NULL);
}

/* More than `most`: they are more, or the oracle could not tell. */
static size_t
count_populated(enum lz_os_oracle oracle, char *at, char *end, size_t most,
                struct lz_sparse_look *look)
{
    struct lz_os_range ranges[RANGES];
    char *resume;
    size_t bytes = 0;
    int count;

    while (at < end && bytes <= most) {
        resume = at;
        count = lz_os_find_populated(oracle, at, end, ranges, RANGES, &resume);
        if (count < 0 || resume <= at)
            return SIZE_MAX;
        for (int i = 0; i < count; i++) {
            bytes += (size_t)(ranges[i].end - ranges[i].start);
            if (look != NULL)
                lz_sparse_see(look, &ranges[i]);
        }
        LZ_ASSERT(resume <= end);
        at = resume;
    }
    return bytes;
}

size_t
lz_zero_populated_seen(void *p, size_t n, size_t most,
                       struct lz_sparse_look *look)
{
    char *start = p, *end = start + n;
    size_t bytes = count_populated(LZ_OS_ORACLE_SCAN, start, end, most, look);

    if (bytes == SIZE_MAX)
        bytes = count_populated(LZ_OS_ORACLE_PAGEMAP, start, end, most, look);
    return bytes;
}

size_t
lz_zero_populated(void *p, size_t n, size_t most)
{
    return lz_zero_populated_seen(p, n, most, NULL);
}

/* Is that page populated, or unknown? */
static bool
may_be_populated(char *page)
{
    return lz_zero_populated(page, lz_os_page_size(), 0) != 0;
}

size_t
lz_zero_touched_end(void *p, size_t n)
{
    size_t page = lz_os_page_size(), low = 0, high = n / page, middle;
    char *start = p;

    if (n % page != 0 || n == 0 || may_be_populated(start + n - page))
        return n;
    while (low < high) {
        middle = low + (high - low) / 2;
        if (may_be_populated(start + middle * page))
            low = middle + 1;
        else
            high = middle;
    }
    LZ_ASSERT(low <= n / page);
    return lz_zero_populated(start + low * page, n - low * page, 0) == 0
               ? low * page
               : n;
}

static bool
are_present(const struct lz_os_range *ranges, int count)
{
    for (int i = 0; i < count; i++) {
        if (!lz_os_is_present(&ranges[i]))
            return false;
    }
    return true;
}

/* False: the oracle could not tell. */
static bool
find_absent(enum lz_os_oracle oracle, char *at, char *end, bool *found)
{
    struct lz_os_range ranges[RANGES];
    char *resume;
    int count;

    for (*found = false; at < end && !*found; at = resume) {
        resume = at;
        count = lz_os_find_populated(oracle, at, end, ranges, RANGES, &resume);
        if (count < 0 || resume <= at)
            return false;
        *found = !are_present(ranges, count);
    }
    return true;
}

bool
lz_zero_is_present(void *p, size_t n)
{
    char *start = p, *end = start + n;
    bool found;

    return (!find_absent(LZ_OS_ORACLE_SCAN, start, end, &found) &&
            !find_absent(LZ_OS_ORACLE_PAGEMAP, start, end, &found)) ||
           !found;
}

static bool
can_ask(enum lz_os_oracle oracle)
{
    char *page =
        (char *)lz_round_down((uintptr_t)&lz_zero_memset, lz_os_page_size());
    struct lz_os_range range;
    char *resume;

    return lz_os_find_populated(oracle, page, page + lz_os_page_size(), &range,
                                1, &resume) >= 0;
}

static bool
answers(enum lz_oracle step)
{
    switch (step) {
    case LZ_ORACLE_SCAN:
        return can_ask(LZ_OS_ORACLE_SCAN);
    case LZ_ORACLE_PAGEMAP:
        return can_ask(LZ_OS_ORACLE_PAGEMAP);
    case LZ_ORACLE_DISCARD:
        return lz_os_discard_zeroes();
    default:
        return true;
    }
}

int
lz_zero_oracle(void)
{
    enum lz_oracle step = (enum lz_oracle)lz_options.oracle;

    if (step != LZ_ORACLE_AUTO && answers(step))
        return (int)step;
    step = LZ_ORACLE_SCAN;
    while (!answers(step))
        step++;
    return (int)step;
}
