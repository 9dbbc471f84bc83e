/* SPDX-License-Identifier: MIT */
#include <stdint.h>

#include "model.h"

#define IS_WIDE (SIZE_MAX > UINT32_MAX)

/* xorshift64*: good enough, and the same everywhere. */
uint64_t
random_next(void)
{
    uint64_t x = me->random;

    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    me->random = x;
    return x * UINT64_C(0x2545f4914f6cdd1d);
}

size_t
random_below(size_t n)
{
    return (size_t)((random_next() >> 11) % n);
}

bool
random_chance(unsigned of)
{
    return random_below(of) == 0;
}

/* Up to 24 bytes to either side, mostly less. */
static size_t
around(size_t n)
{
    size_t by = random_chance(2) ? random_below(3) : random_below(25);

    return random_chance(2) ? n + by : n - by;
}

/* Up to a power of two that is itself random: small ones as often as large. */
static size_t
random_scale(size_t most)
{
    unsigned bits = 1;

    while (((size_t)1 << bits) < most)
        bits++;
    return random_below((size_t)1 << (1 + random_below(bits))) + 1;
}

/* jemalloc has four classes a doubling. */
static size_t
near_class(void)
{
    size_t base = (size_t)64 << random_below(11);

    return around(base + base / 4 * random_below(4));
}

static size_t
near_route_edge(void)
{
    const size_t edges[] = {32 * KIB,      run.threshold,     run.threshold / 2,
                            run.threshold, 2 * run.threshold, 14 * KIB};

    return around(edges[random_below(6)]);
}

/* A region's class is a multiple of 2 MiB, less stagger and slack. */
static size_t
near_granule(void)
{
    size_t n = 2 * MIB * (1 + random_below(6));

    return around(n - 4096 * random_below(10));
}

size_t
random_modest_size(void)
{
    size_t r = random_below(100);

    if (r < 2)
        return 0;
    if (r < 12)
        return random_scale(512);
    if (r < 32)
        return near_class();
    if (r < 50)
        return near_route_edge();
    if (r < 68)
        return 32 * KIB + random_scale(run.threshold);
    if (r < 84)
        return run.threshold + random_below(2 * run.threshold);
    if (r < 98)
        return near_granule();
    return random_below(FULL_MOST);
}

size_t
random_size(void)
{
    size_t r = random_below(200);

    if (r < 3)
        return FULL_MOST + random_scale(IS_WIDE ? (size_t)4 * GIB : GIB / 2);
    /* Beyond memory; with 32 bits, what follows is. */
    if (r < 5 && IS_WIDE)
        return (size_t)(UINT64_C(1) << (32 + random_below(8)));
    if (r < 6)
        return SIZE_MAX - random_scale(SIZE_MAX / 2);
    return random_modest_size();
}

size_t
random_align(void)
{
    size_t r = random_below(20);

    if (r < 8)
        return (size_t)1 << random_below(5);
    if (r < 15)
        return (size_t)1 << random_below(13);
    return (size_t)1 << random_below(24);
}
