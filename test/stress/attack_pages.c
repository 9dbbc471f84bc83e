/* SPDX-License-Identifier: MIT */
/* What is known of each page of a block. */
#include <string.h>
#include <sys/mman.h>

#include "attack.h"

static uint64_t
first_word(uint64_t seed, size_t index)
{
    return (seed + index) * UINT64_C(0x9e3779b97f4a7c15) | 1;
}

static void
fill(unsigned char *at, uint64_t first, uint64_t step)
{
    uint64_t *word = (uint64_t *)at;

    for (size_t i = 0; i < run.page / 8; i++)
        word[i] = first + i * step;
}

static bool
is_filled(const unsigned char *at, uint64_t first, uint64_t step)
{
    const uint64_t *word = (const uint64_t *)at;
    uint64_t differs = 0;

    for (size_t i = 0; i < run.page / 8; i++)
        differs |= word[i] ^ (first + i * step);
    return differs == 0;
}

void
pages_fill(unsigned char *at, uint64_t seed, size_t index)
{
    fill(at, first_word(seed, index), 2);
}

bool
pages_holds(const unsigned char *at, uint64_t seed, size_t index,
            unsigned state)
{
    return (state & OTHER) != 0 ||
           ((state & ZERO) != 0 && is_filled(at, 0, 0)) ||
           ((state & DATA) != 0 && is_filled(at, first_word(seed, index), 2)) ||
           ((state & DIRT) != 0 &&
            is_filled(at, UINT64_C(0xa5a5a5a5a5a5a5a5), 0));
}

bool
pages_pick(const struct block *block, size_t *from, size_t *to)
{
    *from = 0;
    *to = block->pages;
    if (block->pages < 2 || (uintptr_t)block->p % run.page != 0)
        return false;
    if (random_chance(3))
        return true;
    if (!random_chance(3))
        *from = random_below(block->pages);
    if (!random_chance(3))
        *to = *from + 1 + random_below(block->pages - *from);
    return true;
}

bool
pages_are(const struct block *block, size_t from, size_t to, unsigned flags)
{
    for (size_t i = from; i < to; i++) {
        if ((block->state[i] & flags) != 0)
            return true;
    }
    return false;
}

void
pages_set(struct block *block, size_t from, size_t to, unsigned state)
{
    memset(block->state + from, (int)state, to - from);
}

void
pages_may_be(struct block *block, size_t from, size_t to, unsigned state)
{
    for (size_t i = from; i < to; i++)
        block->state[i] |= (uint8_t)state;
}

void
pages_hold(struct block *block, size_t from, size_t to, unsigned contents)
{
    for (size_t i = from; i < to; i++) {
        if ((block->state[i] & FOREIGN) == 0)
            block->state[i] =
                (uint8_t)((block->state[i] & ~CONTENTS) | contents);
    }
}

#ifndef MADV_GUARD_REMOVE
#define MADV_GUARD_REMOVE 103
#endif

void
pages_open(struct block *block, size_t from, size_t to)
{
    unsigned char *at = block->p + from * run.page;
    size_t n = (to - from) * run.page;

    if (pages_are(block, from, to, NO_ACCESS | READ_ONLY) &&
        mprotect(at, n, PROT_READ | PROT_WRITE) != 0)
        report_failure("its own block cannot be made accessible");
    if (pages_are(block, from, to, GUARDED) &&
        madvise(at, n, MADV_GUARD_REMOVE) != 0)
        report_failure("its own guards cannot be removed");
    for (size_t i = from; i < to; i++)
        block->state[i] &= (uint8_t) ~(NO_ACCESS | READ_ONLY | GUARDED);
}

void
pages_write(struct block *block, size_t from, size_t to)
{
    pages_open(block, from, to);
    for (size_t i = from; i < to; i++) {
        if ((block->state[i] & FOREIGN) != 0)
            continue;
        pages_fill(block->p + i * run.page, block->seed, i);
        block->state[i] = DATA;
    }
}

void
pages_check(struct block *block, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        const unsigned char *at = block->p + i * run.page;

        if ((block->state[i] & SHUT) == 0 &&
            !pages_holds(at, block->seed, i, block->state[i]))
            report_failure("page %zu of %p (%zu bytes) may hold %u, and begins "
                           "with %#llx",
                           i, (void *)block->p, block->n, block->state[i],
                           *(const unsigned long long *)at);
    }
}
