/* SPDX-License-Identifier: MIT */
/*
 * dirty_guard FROM TO: a block is freed with guard markers on these pages
 * (MADV_GUARD_INSTALL, Linux 6.13), which make every access a fault and do not
 * show as a mapping of their own. The next owner must be able to use all of it.
 */
#include <sys/mman.h>

#include "dirty.h"

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#endif

static void
free_guarded(size_t n, size_t from, size_t to)
{
    char *p = malloc(n);
    size_t page = page_size();

    make_dirty(p);
    if (madvise(p + from * page, (to - from) * page, MADV_GUARD_INSTALL) != 0)
        skip("the kernel has no guard markers");
    free(p);
}

static void
use_malloc(size_t n)
{
    char *p = malloc(n);

    make_dirty(p);
    free(p);
}

int
main(int argc, char **argv)
{
    const size_t n = 3 * MIB;

    require_active();
    watchdog(60);
    REQUIRE(argc == 3);
    free_guarded(n, strtoul(argv[1], NULL, 10), strtoul(argv[2], NULL, 10));
    use_all(n);
    /* Full for sure now: the next zeroing would be a blind write. */
    use_all(n);
    free_guarded(n, strtoul(argv[1], NULL, 10), strtoul(argv[2], NULL, 10));
    use_all(n);
    free_guarded(n, strtoul(argv[1], NULL, 10), strtoul(argv[2], NULL, 10));
    use_malloc(n);
    use_every_size_dirty();
    return 0;
}
