/* SPDX-License-Identifier: MIT */
/*
 * dirty_hole HOW: the program takes pages out of its block, frees it, and maps
 * memory of its own where the hole was. Nothing may happen to that any more.
 *
 * unmapped, moved: by munmap, by mremap. not_inherited: MADV_DONTFORK, and a
 * fork child frees the block, of which it has but the ends. only_hole: the
 * same, where the hole is the first place that the kernel finds for a mapping.
 * heap: other blocks move in before the block is freed.
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
        /* not_inherited, only_hole, heap */
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

/* The kernel takes the highest place, as a rule. */
static void
fill_above(const char *hole)
{
    char *mine;

    do {
        mine = mmap(NULL, 2 * page_size(), PROT_NONE,
                    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        REQUIRE(mine != MAP_FAILED);
    } while (mine >= hole + HOLE);
    REQUIRE(munmap(mine, 2 * page_size()) == 0);
    if (mine < hole)
        skip("the kernel does not take the hole first");
}

#define BLOCKS 40

/* Small and large ones, some of which lie in the hole. */
static void
make_others(char **blocks, const char *hole)
{
    size_t inside = 0;

    for (int i = 0; i < BLOCKS; i++) {
        blocks[i] = malloc(i == BLOCKS / 2 ? 3 * MIB : 100000);
        REQUIRE(blocks[i] != NULL);
        memset(blocks[i], i, malloc_usable_size(blocks[i]));
        inside += blocks[i] >= hole && blocks[i] < hole + HOLE;
    }
    if (inside == 0)
        skip("no block lies in the hole");
}

static void
check_others(char **blocks)
{
    for (int i = 0; i < BLOCKS; i++) {
        REQUIRE(all_bytes_are(blocks[i], i, malloc_usable_size(blocks[i])));
        free(blocks[i]);
    }
}

static void
use_others(char *p, const char *hole)
{
    char *blocks[BLOCKS];

    make_others(blocks, hole);
    free(p);
    usleep(20000);
    use_all(SIZE);
    check_others(blocks);
    use_every_size_dirty();
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
    if (strcmp(argv[1], "unmapped") != 0 && strcmp(argv[1], "moved") != 0)
        child = fork();
    if (child != 0) {
        wait_for(child, 0);
        return 0;
    }
    if (strcmp(argv[1], "only_hole") == 0 || strcmp(argv[1], "heap") == 0)
        fill_above(hole);
    if (strcmp(argv[1], "heap") == 0) {
        use_others(p, hole);
        return 0;
    }
    free(p);
    use_hole(hole);
    return 0;
}
