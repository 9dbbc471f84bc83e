/* SPDX-License-Identifier: MIT */
/*
 * Under LAZYZERO_CHECK=1, the record of what is a block grows with the blocks.
 * So a core dump or mlockall of a process does not have to handle terabytes.
 */
#include <sys/mman.h>

#include "dirty.h"

int
main(void)
{
    require_active();
    watchdog(60);
    REQUIRE(mapped_bytes() < 512 * MIB);
    for (int i = 0; i < 1000; i++)
        REQUIRE(malloc(10000) != NULL);
    REQUIRE(mapped_bytes() < 512 * MIB);
    if (mlockall(MCL_CURRENT) != 0)
        skip("no memory may be locked");
    REQUIRE(resident_bytes() < 256 * MIB);
    return 0;
}
