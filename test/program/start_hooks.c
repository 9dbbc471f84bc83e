/* SPDX-License-Identifier: MIT */
/*
 * Beside start_hooks_library.c, before or after it: the program starts, the
 * library is active, and its engine is not the one for a system that refuses
 * everything.
 */
#include "dirty.h"

extern int start_hooks_calls __attribute__((weak));
extern const char *lazyzero_oracle(void) __attribute__((weak));

int
main(void)
{
    char *p;

    require_active();
    watchdog(60);
    REQUIRE(&start_hooks_calls != NULL);
    REQUIRE(strcmp(lazyzero_oracle(), getenv("EXPECTED_ORACLE")) == 0);
    for (int i = 0; i < 20; i++) {
        p = malloc(10 * MIB);
        REQUIRE(p != NULL);
        make_dirty(p);
        free(p);
        p = calloc(1, 10 * MIB);
        REQUIRE(p != NULL && all_bytes_are(p, 0, 10 * MIB));
        free(p);
        for (size_t n = 100; n < 2 * MIB; n *= 3)
            free(malloc(n));
    }
    malloc_trim(0);
    REQUIRE(start_hooks_calls > 0);
    return 0;
}
