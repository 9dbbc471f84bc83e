/* SPDX-License-Identifier: MIT */
/*
 * dirty_split: realloc of a block that the program's own MADV_HUGEPAGE made two
 * mappings. The system cannot move it; no address space may be lost for that.
 */
#include <sys/mman.h>

#include "dirty.h"

static void
grow_advised(void)
{
    char *p = malloc(64 * MIB);

    p[0] = 1;
    madvise(p, 64 * MIB, MADV_HUGEPAGE);
    p = realloc(p, 128 * MIB);
    REQUIRE(p != NULL && p[0] == 1);
    free(p);
}

int
main(void)
{
    size_t before;

    require_active();
    watchdog(60);
    grow_advised();
    before = mapped_bytes();
    for (int i = 0; i < 20; i++)
        grow_advised();
    REQUIRE(mapped_bytes() < before + 64 * MIB);
    return 0;
}
