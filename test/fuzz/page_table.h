/* SPDX-License-Identifier: MIT */
/*
 * A page table of our own over a buffer, in place of the system's: which pages
 * are populated, what of it the system tells at a time, and what it refuses.
 * A page that is not populated reads as zeros. Writing populates it.
 */
#ifndef FUZZ_PAGE_TABLE_H
#define FUZZ_PAGE_TABLE_H

#include "fuzz.h"
#include "large/zero.h"
#include "os/os.h"

/* Given by the target: pages, and bytes in each. */
static char memory[PAGES * PAGE] __attribute__((aligned(PAGE)));
static bool populated[PAGES];

/* The system's mood: from the input, or all good. */
static unsigned moods[8], mood_at;

int __wrap_lz_os_find_populated(enum lz_os_oracle oracle, char *start,
                                char *end, struct lz_os_range *ranges,
                                int capacity, char **resume);
int __wrap_lz_os_zero(void *start, size_t length);
int __wrap_lz_os_discard(void *start, size_t length);
bool __wrap_lz_os_discard_zeroes(void);
size_t __wrap_lz_os_page_size(void);

size_t
__wrap_lz_os_page_size(void)
{
    return PAGE;
}

static unsigned
next_mood(void)
{
    return moods[mood_at++ % 8];
}

/* Stops early as it likes, splits ranges as it likes, and may not answer. */
int
__wrap_lz_os_find_populated(enum lz_os_oracle oracle, char *start, char *end,
                            struct lz_os_range *ranges, int capacity,
                            char **resume)
{
    unsigned mood = next_mood();
    size_t at = (size_t)(start - memory) / PAGE;
    size_t stop = (size_t)(end - memory) / PAGE;
    int count = 0;

    PROMISE((uintptr_t)start % PAGE == 0 && (uintptr_t)end % PAGE == 0);
    PROMISE(start >= memory && end <= memory + sizeof(memory) && start < end);
    if (mood % 8 == 7 || (mood % 8 == 6 && oracle == LZ_OS_ORACLE_SCAN))
        return -1;
    if (mood % 8 == 5 && capacity > 1)
        capacity = 1;
    for (; at < stop; at++) {
        if (!populated[at])
            continue;
        if (count > 0 &&
            ranges[count - 1].end == (uintptr_t)memory + at * PAGE &&
            mood % 8 != 4) {
            ranges[count - 1].end += PAGE;
            continue;
        }
        if (count == capacity)
            break;
        ranges[count++] =
            (struct lz_os_range){(uintptr_t)memory + at * PAGE,
                                 (uintptr_t)memory + (at + 1) * PAGE, 0};
    }
    *resume = memory + at * PAGE;
    return count;
}

static int
empty(void *start, size_t length)
{
    size_t from = (size_t)((char *)start - memory) / PAGE;

    PROMISE((uintptr_t)start % PAGE == 0 && length % PAGE == 0);
    if (next_mood() % 4 == 3)
        return EINVAL;
    memset(start, 0, length);
    memset(populated + from, 0, length / PAGE);
    return 0;
}

int
__wrap_lz_os_zero(void *start, size_t length)
{
    return next_mood() % 2 == 0 ? ENOSYS : empty(start, length);
}

int
__wrap_lz_os_discard(void *start, size_t length)
{
    return empty(start, length);
}

bool
__wrap_lz_os_discard_zeroes(void)
{
    return moods[7] % 2 == 0;
}

static inline void
set_moods(bool from_input)
{
    for (int i = 0; i < 8; i++)
        moods[i] = from_input ? input_byte() : 0;
    mood_at = 0;
    lz_zero_memset = memset;
}

/* The program uses it: all of it dirty, and there. */
static inline void
use(size_t at, size_t n)
{
    if (n == 0)
        return;
    memset(memory + at, 0xA5, n);
    memset(populated + at / PAGE, 1, (at + n - 1) / PAGE - at / PAGE + 1);
}

/* What lz_zero writes is there from then on. */
static inline void
note_writes(void)
{
    for (size_t i = 0; i < PAGES; i++)
        populated[i] |= memory[i * PAGE] != 0;
}

static inline bool
all_are(const char *p, size_t n, char c)
{
    return n == 0 || (*p == c && memcmp(p, p + 1, n - 1) == 0);
}

#endif
