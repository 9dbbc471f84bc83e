/* SPDX-License-Identifier: MIT */
/* Times after which a test is given up, where all is slower than usual. */
#ifndef TEST_PATIENCE_H
#define TEST_PATIENCE_H

#include <stdlib.h>

/* $TEST_PATIENCE says how many times slower; it is set in test/kernel/init. */
static inline unsigned
patiently(unsigned seconds)
{
    const char *times = getenv("TEST_PATIENCE");

    return times != NULL && atoi(times) > 0 ? seconds * (unsigned)atoi(times)
                                            : seconds;
}

#endif
