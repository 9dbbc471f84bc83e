/* SPDX-License-Identifier: MIT */
/*
 * MREMAP_DONTUNMAP (Linux 5.7) takes a hint for the new address. The hint must
 * reach the kernel.
 */
#include <sys/mman.h>

#include "dirty.h"

#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4
#endif

#define SIZE (4 * MIB)

/* Where nothing is mapped. */
static char *
free_place(void)
{
    char *p = mmap(NULL, SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    REQUIRE(p != MAP_FAILED);
    REQUIRE(munmap(p, SIZE) == 0);
    return p;
}

int
main(void)
{
    char *p, *wish;

    require_active();
    p = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
             -1, 0);
    REQUIRE(p != MAP_FAILED);
    p[0] = 7;
    wish = free_place() - 16 * SIZE;
    p = mremap(p, SIZE, SIZE, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, wish);
    if (p == MAP_FAILED)
        skip("the kernel has no MREMAP_DONTUNMAP");
    REQUIRE(p == wish);
    REQUIRE(p[0] == 7);
    return 0;
}
