/* SPDX-License-Identifier: MIT */
/*
 * Under LAZYZERO_CHECK=1, the record of what is a block grows with the blocks.
 * So a core dump or mlockall of a process does not have to handle terabytes.
 */
#include <sys/mman.h>

#include "dirty.h"

static size_t
mapped(void)
{
    unsigned long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");

    REQUIRE(file != NULL && fscanf(file, "%lu", &pages) == 1);
    fclose(file);
    return pages * page_size();
}

int
main(void)
{
    require_active();
    watchdog(60);
    REQUIRE(mapped() < 512 * MIB);
    for (int i = 0; i < 1000; i++)
        REQUIRE(malloc(10000) != NULL);
    REQUIRE(mapped() < 512 * MIB);
    if (mlockall(MCL_CURRENT) != 0)
        skip("no memory may be locked");
    REQUIRE(resident_bytes() < 256 * MIB);
    return 0;
}
