/* SPDX-License-Identifier: MIT */
/* Against libm. */
#include <math.h>

#include "heap/backend.h"
#include "support.h"

static bool
is_near(double a, double b)
{
    return a == b || fabs(a - b) <= 1e-14 * fabs(b);
}

Test(backend_math, log_of_each_magnitude)
{
    for (double x = 1e-300; x < 1e300; x *= 1.37)
        cr_expect(is_near(lz_backend_log(x), log(x)), "%g", x);
    for (double x = 0.5; x < 2; x += 1.0 / 4096)
        cr_expect(fabs(lz_backend_log(x) - log(x)) < 1e-15, "%g", x);
    cr_expect_eq(lz_backend_log(1), 0);
    /* The probability of one byte of 2^60, as jemalloc asks for. */
    cr_expect(is_near(lz_backend_log(1 - 0x1p-53), log(1 - 0x1p-53)));
}

Test(backend_math, exp_of_each_magnitude)
{
    for (double x = -700; x < 700; x += 0.37)
        cr_expect(is_near(lz_backend_exp(x), exp(x)), "%g", x);
    for (double x = 1e-20; x < 1; x *= 1.7)
        cr_expect(is_near(lz_backend_exp(-x), exp(-x)), "%g", x);
    cr_expect_eq(lz_backend_exp(0), 1);
    cr_expect_eq(lz_backend_exp(-1000), 0);
    cr_expect_eq(lz_backend_exp(-HUGE_VAL), 0);
    cr_expect_eq(lz_backend_exp(1000), HUGE_VAL);
}

Test(backend_math, round_goes_away_from_0_at_halves)
{
    const double xs[] = {0,
                         0.25,
                         0.5,
                         0.75,
                         1.5,
                         2.5,
                         1e15,
                         1e16,
                         1e300,
                         123456.5,
                         0.49999999999999994,
                         4503599627370495.5};

    for (size_t i = 0; i < sizeof(xs) / sizeof(xs[0]); i++) {
        cr_expect_eq(lz_backend_round(xs[i]), round(xs[i]), "%g", xs[i]);
        cr_expect_eq(lz_backend_round(-xs[i]), round(-xs[i]), "-%g", xs[i]);
    }
}
