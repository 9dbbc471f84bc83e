/* SPDX-License-Identifier: MIT */
/*
 * What the preload tests share: the proof that the library is active, the
 * threshold in force, and contents that show a lost or moved byte.
 */
#ifndef TEST_PRELOAD_BLOCKS_H
#define TEST_PRELOAD_BLOCKS_H

#include <criterion/criterion.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "active.h"

#define KIB ((size_t)1 << 10)
#define MIB ((size_t)1 << 20)

/* An errno that no call sets by itself. */
#define ODD_ERRNO 4242

static inline void
prove_active(void)
{
    cr_assert(test_is_active(), "liblazyzero is not active");
}

/* Criterion runs .init in each test's own process, before the test. */
#define PRELOAD_SUITE(name) TestSuite(name, .init = prove_active)

static inline bool
is_region_size(size_t n)
{
    void *p = malloc(n);
    bool owned = lazyzero_owns(p);

    free(p);
    return owned;
}

/* The smallest size that gets a region: asked of the library itself. */
static inline size_t
threshold(void)
{
    static size_t found;
    size_t low = 0, high = 1024 * MIB;

    if (found != 0)
        return found;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;

        if (is_region_size(middle))
            high = middle;
        else
            low = middle;
    }
    found = high;
    return found;
}

static inline size_t
smaller_of(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Contents that depend on the position, in words: p must be 8-byte aligned. */
static inline uint64_t
pattern_word(size_t index, uint64_t seed)
{
    return (index + 1) * UINT64_C(0x9e3779b97f4a7c15) ^ seed;
}

static inline unsigned char
pattern_byte(size_t at, uint64_t seed)
{
    uint64_t word = pattern_word(at / 8, seed);

    return ((const unsigned char *)&word)[at % 8];
}

/* Writes the bytes [from, to). */
static inline void
pattern_fill(void *p, size_t from, size_t to, uint64_t seed)
{
    unsigned char *bytes = p;
    uint64_t *words = p;

    for (; from < to && from % 8 != 0; from++)
        bytes[from] = pattern_byte(from, seed);
    for (; to - from >= 8; from += 8)
        words[from / 8] = pattern_word(from / 8, seed);
    for (; from < to; from++)
        bytes[from] = pattern_byte(from, seed);
}

/* The first of the bytes [from, to) that is wrong; `to` if none is. */
static inline size_t
pattern_check_from(const void *p, size_t from, size_t to, uint64_t seed)
{
    const unsigned char *bytes = p;
    const uint64_t *words = p;

    while (from < to && from % 8 != 0 &&
           bytes[from] == pattern_byte(from, seed))
        from++;
    if (from % 8 == 0) {
        while (to - from >= 8 &&
               words[from / 8] == pattern_word(from / 8, seed))
            from += 8;
    }
    while (from < to && bytes[from] == pattern_byte(from, seed))
        from++;
    return from;
}

static inline size_t
pattern_check(const void *p, size_t n, uint64_t seed)
{
    return pattern_check_from(p, 0, n, seed);
}

/* The first of the bytes [from, to) that is not `value`; `to` if all are. */
static inline size_t
value_check(const void *p, size_t from, size_t to, unsigned char value)
{
    const unsigned char *bytes = p;
    const uint64_t *words = p;
    uint64_t word = value * UINT64_C(0x0101010101010101);

    while (from < to && from % 8 != 0 && bytes[from] == value)
        from++;
    if (from % 8 == 0) {
        while (to - from >= 8 && words[from / 8] == word)
            from += 8;
    }
    while (from < to && bytes[from] == value)
        from++;
    return from;
}

#endif
