/* SPDX-License-Identifier: MIT */
/*
 * memset and its relatives: a program's own zeroing of a block that it was just
 * given need not write what is zero already. Everything else is libc's.
 *
 * These may be called before this library's relocations are done (by an IFUNC
 * resolver of another one), so the first steps need none.
 */
#include <dlfcn.h>

#include "front/route.h"
#include "interpose/elf/start.h"
#include "large/zero.h"

LZ_EXPORT void *
memset(void *p, int c, size_t n)
{
    return lz_route_set(p, c, n);
}

/*
 * Not called by the name above: the dynamic linker would look that up, and may
 * find the program's.
 */
LZ_EXPORT void
bzero(void *p, size_t n)
{
    lz_route_set(p, 0, n);
}

__attribute__((constructor)) static void
find_memset(void)
{
    lz_zero_memset_t found =
        (lz_zero_memset_t)(uintptr_t)dlsym(RTLD_NEXT, "memset");

    if (lz_interpose_starts_late())
        lz_zero_set_libc_memset(found);
    else
        lz_route_set_memset(found);
}
