/* SPDX-License-Identifier: MIT */
/* The calls of the allocator. */
#include <malloc.h>
#include <string.h>

#include "active.h"
#include "attack.h"

/* Often of the same class, so that one block follows the other. */
static size_t
pick_size(void)
{
    size_t r = random_below(10);

    if (r < 3)
        return 32 * KIB + random_below(2 * MIB);
    if (r < 6)
        return 3 * MIB + random_below(256 * KIB);
    if (r < 9)
        return 2 * MIB + random_below(4 * MIB);
    return 2 * MIB + random_below(16 * MIB);
}

enum { ZEROED = 0x40 }; /* MALLOCX_ZERO */

extern void *rallocx(void *p, size_t n, int flags) __attribute__((weak));

static size_t
pick_align(void)
{
    static const size_t aligns[] = {4096, 32 * KIB, 64 * KIB, 2 * MIB, 4 * MIB};

    return aligns[random_below(sizeof(aligns) / sizeof(aligns[0]))];
}

static void
note(struct block *block, void *p)
{
    block->p = p;
    block->n = malloc_usable_size(p);
    block->pages = block->n / run.page;
    if (block->pages > PAGES_MOST)
        block->pages = PAGES_MOST;
    block->is_large = lazyzero_owns(p);
}

static void
require_zero(const struct block *block)
{
    const unsigned char *p = block->p;
    unsigned char all = 0;

    for (size_t i = 0; i < block->n; i++)
        all |= p[i];
    for (size_t i = 0; all != 0 && i < block->n; i++) {
        if (p[i] != 0)
            report_failure("byte %zu of %p (%zu bytes) is %02x, not zero", i,
                           (const void *)p, block->n, p[i]);
    }
}

static void *
allocate(size_t n, bool *zero)
{
    size_t way = random_below(8);
    void *p = NULL;

    *zero = way < 3;
    if (way < 3)
        return calloc(1, n);
    if (way == 3)
        return memalign(pick_align(), n);
    if (way == 4 && posix_memalign(&p, pick_align(), n) == 0)
        return p;
    if (way == 5)
        return aligned_alloc(pick_align(), n);
    return malloc(n);
}

static void
make(struct block *block, size_t n)
{
    bool zero;
    void *p;

    me->call = "allocate";
    p = allocate(n, &zero);
    if (p == NULL)
        report_failure("no memory");
    note(block, p);
    block->seed = random_next();
    block->is_wiped = block->is_absent = false;
    pages_set(block, 0, block->pages, zero ? ZERO : OTHER);
    if (zero)
        require_zero(block);
    me->done[0]++;
}

void
blocks_make(struct block *block)
{
    make(block, pick_size());
}

/* What was just freed, nearly as much: the library may join it. */
void
blocks_join(void)
{
    size_t first = random_below(OWN), freed = 0, most = PAGES_MOST * run.page;

    for (size_t i = 0; i < OWN && freed < most; i++) {
        struct block *block = &me->blocks[(first + i) % OWN];

        if (block->p == NULL || !block->is_large || random_chance(3))
            continue;
        freed += block->n;
        blocks_free(block);
    }
    if (freed > most)
        freed = most;
    if (freed > run.threshold && me->blocks[first].p == NULL)
        make(&me->blocks[first], freed - random_below(run.threshold));
}

/*
 * What is beyond the request holds anything, and so do new pages, unless they
 * were to be zero. One that was the block's in part is not looked at.
 */
static void
take_size(struct block *block, void *p, size_t n, bool zero)
{
    size_t before = block->pages, whole = (block->n + run.page - 1) / run.page;
    size_t kept = n / run.page < before ? n / run.page : before;

    if (p == NULL)
        report_failure("no memory");
    note(block, p);
    pages_may_be(block, kept, before, OTHER);
    for (size_t i = before; i < block->pages; i++)
        block->state[i] = zero && i >= whole ? ZERO : OTHER;
}

void
blocks_shrink(struct block *block)
{
    size_t least = random_chance(2) ? block->n / 4 : block->n / 2, n;

    if (!block->is_large || least < run.threshold)
        return;
    me->call = "shrinking realloc";
    n = least + random_below(least);
    take_size(block, realloc(block->p, n), n, false);
    me->done[1]++;
}

/* The allocator may copy, so all of it must be readable. */
void
blocks_resize(struct block *block)
{
    size_t n =
        random_chance(2) ? block->n + random_below(2 * MIB) : pick_size();

    if (random_chance(3)) {
        blocks_shrink(block);
        return;
    }
    me->call = "realloc";
    if (!block->is_large)
        advice_take_back(block);
    pages_open(block, 0, block->pages);
    if (n > PAGES_MOST * run.page)
        return;
    if (random_chance(2))
        take_size(block, rallocx(block->p, n, ZEROED), n, true);
    else
        take_size(block, realloc(block->p, n), n, false);
    pages_check(block, 0, block->pages);
    me->done[1]++;
}

extern size_t lazyzero_zero(void *p, size_t n) __attribute__((weak));

/* The whole block, as programs do at first; or a part. */
void
blocks_zero(struct block *block)
{
    size_t from, to, n;

    me->call = "memset";
    if (!pages_pick(block, &from, &to) || pages_are(block, from, to, FOREIGN))
        return;
    pages_open(block, from, to);
    n = (to - from) * run.page;
    if (random_chance(3))
        lazyzero_zero(block->p + from * run.page, n);
    else
        memset(block->p + from * run.page, 0, n);
    pages_set(block, from, to, ZERO);
    if (random_chance(2))
        pages_check(block, from, to);
}

void
blocks_free(struct block *block)
{
    if (block->p == NULL)
        return;
    me->call = "free";
    if (random_chance(2))
        pages_check(block, 0, block->pages);
    me->call = "free";
    if (!block->is_large)
        advice_take_back(block);
    free(block->p);
    block->p = NULL;
}
