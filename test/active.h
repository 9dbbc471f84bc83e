/* SPDX-License-Identifier: MIT */
/*
 * Proof that the library is active. The dynamic linker ignores a preload path
 * that it cannot open, and every test would then pass with libc's malloc.
 */
#ifndef TEST_ACTIVE_H
#define TEST_ACTIVE_H

#include <stdlib.h>
#include <unistd.h>

extern int lazyzero_is_active(void) __attribute__((weak));
extern int lazyzero_owns(const void *p) __attribute__((weak));

static inline int
test_is_active(void)
{
    return lazyzero_is_active != NULL && lazyzero_is_active();
}

/*
 * From so many requests on, freed blocks of middle size wait in the CPUs'
 * caches.
 */
static inline void
test_use_caches(void)
{
    for (int i = 0; i < 100; i++)
        free(malloc((size_t)3 << 20));
}

/* First line of every program in test/program; allocates nothing before. */
static inline void
require_active(void)
{
    static const char line[] = "liblazyzero is not active\n";

    if (test_is_active()) {
        if (getenv("TEST_CACHES") != NULL)
            test_use_caches();
        return;
    }
    if (write(STDERR_FILENO, line, sizeof(line) - 1) < 0)
        _exit(98);
    _exit(99);
}

#endif
