/* SPDX-License-Identifier: MIT */
/* Attributes and arithmetic that every layer uses. Knows nothing of memory. */
#ifndef LZ_UTIL_H
#define LZ_UTIL_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LZ_EXPORT __attribute__((visibility("default")))
#define LZ_HIDDEN __attribute__((visibility("hidden")))
#define LZ_COLD __attribute__((cold, noinline))
#define LZ_PRINTF __attribute__((format(printf, 1, 2)))
#define LZ_LIKELY(x) __builtin_expect(!!(x), 1)
#define LZ_UNLIKELY(x) __builtin_expect(!!(x), 0)

#define LZ_KIB ((size_t)1 << 10)
#define LZ_MIB ((size_t)1 << 20)

/*
 * The largest request that anyone serves. malloc(3) of glibc refuses above
 * PTRDIFF_MAX too: the difference of two pointers into the block must fit.
 */
#define LZ_SIZE_LIMIT ((size_t)PTRDIFF_MAX)

static inline bool
lz_is_power_of_two(size_t n)
{
    return n != 0 && (n & (n - 1)) == 0;
}

/* `unit` is a power of two; n + unit must not overflow. */
static inline size_t
lz_round_up(size_t n, size_t unit)
{
    return (n + unit - 1) & ~(unit - 1);
}

static inline size_t
lz_round_down(size_t n, size_t unit)
{
    return n & ~(unit - 1);
}

/* The largest power of two that is at most n; n must not be 0. */
static inline size_t
lz_floor_power_of_two(size_t n)
{
    return (size_t)1 << (63 - (unsigned)__builtin_clzll(n));
}

/* Atomic: makes the value at least that much. Other threads may do the same. */
static inline void
lz_raise_to(size_t *value, size_t least)
{
    size_t known = __atomic_load_n(value, __ATOMIC_RELAXED);

    while (known < least &&
           !__atomic_compare_exchange_n(value, &known, least, true,
                                        __ATOMIC_RELEASE, __ATOMIC_RELAXED))
        continue;
}

#endif
