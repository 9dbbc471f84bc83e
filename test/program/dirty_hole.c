/* SPDX-License-Identifier: MIT */
/*
 * dirty_hole HOW: the program takes pages out of its block, frees it, and maps
 * memory of its own where the hole was. Nothing may happen to that any more.
 *
 * unmapped, moved: by munmap, by mremap. not_inherited: MADV_DONTFORK, and a
 * fork child frees the block, of which it has but the ends.
 */
#include <sys/mman.h>

#include "dirty.h"

#define SIZE (20 * MIB)
#define HOLE (12 * MIB)

static char *
make_hole(char *p, const char *how)
{
    char *hole = p + 2 * MIB - (uintptr_t)p % page_size(), *to;

    if (strcmp(how, "unmapped") == 0) {
        REQUIRE(munmap(hole, HOLE) == 0);
    } else if (strcmp(how, "moved") == 0) {
        to = mmap(NULL, HOLE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        REQUIRE(mremap(hole, HOLE, HOLE, MREMAP_MAYMOVE | MREMAP_FIXED, to) ==
                to);
    } else {
        REQUIRE(madvise(hole, HOLE, MADV_DONTFORK) == 0);
    }
    return hole;
}

/* Only a wish, so that no library hears of an address of its own. */
static void
use_hole(char *hole)
{
    char *mine = mmap(hole, HOLE, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    REQUIRE(mine == hole);
    memset(mine, 0x77, HOLE);
    /* Past the decay time, which later calls look at. */
    usleep(20000);
    for (int i = 0; i < 3; i++)
        use_all(4 * MIB);
    use_all(SIZE);
    malloc_trim(0);
    REQUIRE(all_bytes_are(mine, 0x77, HOLE));
}

int
main(int argc, char **argv)
{
    char *p, *hole;
    pid_t child = 0;

    require_active();
    watchdog(60);
    REQUIRE(argc == 2);
    p = malloc(SIZE);
    make_dirty(p);
    hole = make_hole(p, argv[1]);
    if (strcmp(argv[1], "not_inherited") == 0)
        child = fork();
    if (child != 0) {
        wait_for(child, 0);
        return 0;
    }
    free(p);
    use_hole(hole);
    return 0;
}
