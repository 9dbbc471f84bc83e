/* SPDX-License-Identifier: MIT */
/*
 * dirty_locked part|whole|all|on_fault: blocks that are locked into memory when
 * they are freed, and a process that locks all of its memory. There discarding
 * fails, and every page may be present from the start.
 */
#include <sys/mman.h>

#include "dirty.h"

static void
free_locked(size_t n, size_t from, size_t length)
{
    char *p = malloc(n);

    make_dirty(p);
    p += from;
    if (mlock(p, length) != 0)
        skip("memory may not be locked");
    free(p - from);
}

static void
lock_blocks(bool whole)
{
    for (size_t i = 0; i < DIRTY_SIZES; i++) {
        size_t n = dirty_sizes[i];

        free_locked(n, whole ? 0 : n / 3, whole ? n : n / 3);
        use_all(n);
        free_locked(n, 0, 1);
        use_size(n);
    }
}

/* A lock ends with its block: 1 MiB is what the heap's small ones may keep. */
static void
require_unlocked(void)
{
    malloc_trim(0);
    free_locked(3 * MIB, 0, 3 * MIB);
    use_all(3 * MIB);
    REQUIRE(locked_bytes() < 2 * MIB);
}

#ifndef MCL_ONFAULT
#define MCL_ONFAULT 4
#endif

/*
 * Whoever locks memory to come and zeroes it wants to have it. The block is a
 * new one: a kept one has its pages already, whatever memset does.
 */
static void
require_committed(size_t n)
{
    static unsigned char pages[8 * MIB / 512];
    char *p;

    malloc_trim(0);
    p = malloc(n);
    REQUIRE(p != NULL);
    memset(p, 0, n);
    REQUIRE(mincore((char *)((uintptr_t)p & -page_size()), n, pages) == 0);
    for (size_t i = 0; i < n / page_size(); i++)
        REQUIRE((pages[i] & 1) != 0);
    free(p);
}

static void
lock_all(int flags)
{
    if (mlockall(flags) != 0)
        skip("memory may not be locked");
    require_committed(8 * MIB);
    use_every_size_dirty();
    require_committed(8 * MIB);
    munlockall();
    use_every_size_dirty();
}

int
main(int argc, char **argv)
{
    require_active();
    watchdog(60);
    REQUIRE(argc == 2);
    use_every_size_dirty();
    if (strcmp(argv[1], "all") == 0) {
        lock_all(MCL_CURRENT | MCL_FUTURE);
    } else if (strcmp(argv[1], "on_fault") == 0) {
        lock_all(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT);
    } else if (strcmp(argv[1], "unlocked") == 0) {
        require_unlocked();
    } else {
        lock_blocks(strcmp(argv[1], "whole") == 0);
    }
    return 0;
}
