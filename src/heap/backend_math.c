/* SPDX-License-Identifier: MIT */
/*
 * What jemalloc's heap profiling (MALLOC_CONF=prof:true) wants of libm, which
 * would else be loaded into every program: cmake/jemalloc.rename. Right to a
 * few units in the last place; jemalloc draws samples by them.
 */
#include "heap/backend.h"

#define LN2_HIGH 0x1.62e42feep-1 /* 0 in its last 21 bits */
#define LN2_LOW 0x1.a39ef35793c76p-33
#define LOG_TERMS 27
#define EXP_TERMS 18

union bits {
    double value;
    uint64_t word;
};

/* 2 to the power of n, which is that of a normal number. */
static double
power_of_two(int n)
{
    union bits power = {.word = (uint64_t)(1023 + n) << 52};

    return power.value;
}

/* The natural logarithm of a normal number above 0. */
double
lz_backend_log(double x)
{
    union bits bits = {.value = x};
    int exponent = (int)(bits.word >> 52) - 1023;
    double s, square, sum = 0;

    bits.word = (bits.word & (((uint64_t)1 << 52) - 1)) | (uint64_t)1023 << 52;
    if (bits.value > 1.4142135623730951) {
        bits.value /= 2;
        exponent++;
    }
    /* log(m) = 2 atanh(s), by its series. */
    s = (bits.value - 1) / (bits.value + 1);
    square = s * s;
    for (int i = LOG_TERMS; i >= 1; i -= 2)
        sum = sum * square + 1.0 / i;
    return exponent * LN2_HIGH + (2 * s * sum + exponent * LN2_LOW);
}

/* e to the power of x; 0 or infinity where that is no normal number. */
double
lz_backend_exp(double x)
{
    double halves, rest, sum = 1;

    if (x < -708)
        return 0;
    if (x > 709)
        return __builtin_inf();
    halves = lz_backend_round(x * 1.4426950408889634);
    rest = x - halves * LN2_HIGH - halves * LN2_LOW;
    for (int i = EXP_TERMS; i >= 1; i--)
        sum = 1 + sum * rest / i;
    return sum * power_of_two((int)halves);
}

/* To the nearest whole number, halves away from 0. */
double
lz_backend_round(double x)
{
    double magnitude = x < 0 ? -x : x, whole;

    if (!(magnitude < 0x1p52)) /* whole already, or no number */
        return x;
    whole = (double)(int64_t)magnitude;
    if (magnitude - whole >= 0.5)
        whole++;
    return x < 0 ? -whole : whole;
}
