/* SPDX-License-Identifier: MIT */
/*
 * The program keeps a block from its children (MADV_DONTFORK) and frees it, so
 * that it is pooled. In a fork child the block is not mapped, and other memory
 * may lie there. The child must neither hand it out nor unmap it.
 */
#include <sys/mman.h>

#include "dirty.h"

#define PARTS 3

static const size_t sizes[] = {2 * MIB, 3 * MIB + 5, 11 * MIB};

#define COUNT (sizeof(sizes) / sizeof(sizes[0]))

static char *holes[COUNT * PARTS];
static size_t hole_sizes[COUNT * PARTS];

/* All of the block, its start, its end. */
static void
keep_from_children(size_t i, size_t part)
{
    size_t page = page_size(), n = (sizes[i] + page - 1) & ~(page - 1);
    char *p = malloc(sizes[i]);
    size_t from = part == 2 ? n / 2 / page * page : 0;
    size_t to = part == 1 ? n / 2 / page * page : n;

    make_dirty(p);
    holes[i * PARTS + part] = p + from;
    hole_sizes[i * PARTS + part] = to - from;
    REQUIRE(madvise(p + from, to - from, MADV_DONTFORK) == 0);
}

/* Memory of the program's own where the holes are. */
static void
fill_holes(void)
{
    for (size_t i = 0; i < COUNT * PARTS; i++) {
        REQUIRE(mmap(holes[i], hole_sizes[i], PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
                     0) == holes[i]);
        memset(holes[i], 0x77, hole_sizes[i]);
    }
}

static void
require_holes_filled(void)
{
    for (size_t i = 0; i < COUNT * PARTS; i++)
        REQUIRE(all_bytes_are(holes[i], 0x77, hole_sizes[i]));
}

static void
run_child(bool fill)
{
    pid_t child = fork();

    if (child == 0) {
        if (fill)
            fill_holes();
        use_every_size_dirty();
        if (fill)
            require_holes_filled();
        malloc_trim(0);
        use_every_size_dirty();
        if (fill)
            require_holes_filled();
        _exit(0);
    }
    wait_for(child, 0);
}

int
main(void)
{
    char *blocks[COUNT * PARTS];

    require_active();
    watchdog(60);
    for (size_t i = 0; i < COUNT * PARTS; i++)
        keep_from_children(i / PARTS, i % PARTS);
    for (size_t i = 0; i < COUNT * PARTS; i++) {
        blocks[i] = holes[i];
        if (i % PARTS == 2)
            blocks[i] -= sizes[i / PARTS] / 2 / page_size() * page_size();
    }
    for (size_t i = 0; i < COUNT * PARTS; i++)
        free(blocks[i]);
    run_child(true);
    run_child(false);
    use_every_size_dirty();
    return 0;
}
