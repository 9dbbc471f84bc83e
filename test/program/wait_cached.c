/* SPDX-License-Identifier: MIT */
/*
 * wait_cached: blocks of middle size wait in a CPU's cache for the next request
 * of their size. A process with one thread that waits for longer than the decay
 * time gives them back to the system.
 */
#include <poll.h>

#include "wait.h"

#define BLOCK (3 * MIB)

static bool
is_mapped(const void *p)
{
    unsigned char resident;

    return mincore((void *)((uintptr_t)p & ~(uintptr_t)4095), 1, &resident) ==
           0;
}

static void *
free_one(void)
{
    char *p = malloc(BLOCK);

    REQUIRE(p != NULL);
    memset(p, 1, BLOCK);
    free(p);
    return p;
}

int
main(void)
{
    void *p;

    require_active();
    watchdog(60);
    test_use_caches();
    p = free_one();
    REQUIRE(is_mapped(p));
    REQUIRE(poll(NULL, 0, 50) == 0);
    REQUIRE(is_mapped(p));
    p = free_one();
    REQUIRE(poll(NULL, 0, 1500) == 0);
    REQUIRE(!is_mapped(p));
    free_one();
    return 0;
}
