/* SPDX-License-Identifier: MIT */
/*
 * memset as _FORTIFY_SOURCE compiles it (see recycle.cmake): a call of
 * __memset_chk, which stops the program where the bytes do not fit.
 */
#include <signal.h>

#include "recycle.h"

PRELOAD_SUITE(memset_fortified);

struct large {
    char bytes[3 << 20];
};

/* The compiler knows the room, and does not know how much of it is meant. */
static volatile size_t all = sizeof(struct large);

static char fixed[3 << 20];

/* Else the compiler sees that nobody reads the block, and leaves it out. */
static struct large *volatile seen;

Test(memset_fortified, of_a_block)
{
    struct large *block = malloc(sizeof(*block));

    memset(block->bytes, DIRT, all);
    memset(block->bytes, 0, all - 1);
    cr_assert_eq(value_check(block, 0, all - 1, 0), all - 1);
    cr_assert_eq((unsigned char)block->bytes[all - 1], DIRT);
    free(block);
}

Test(memset_fortified, of_a_fixed_array)
{
    memset(fixed, DIRT, all);
    memset(fixed, 0, all);
    cr_assert_eq(value_check(fixed, 0, all, 0), all);
}

Test(memset_fortified, overflow_of_a_block, .signal = SIGABRT)
{
    struct large *block = malloc(sizeof(*block));

    seen = block;
    memset(block->bytes, 0, all + 1);
}

Test(memset_fortified, overflow_of_a_fixed_array, .signal = SIGABRT)
{
    memset(fixed, 0, all + 1);
}

/* Far beyond: writing would end in a fault, not in an abort. */
Test(memset_fortified, wild_overflow, .signal = SIGABRT)
{
    memset(fixed, 0, all << 9);
}
