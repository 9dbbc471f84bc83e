/* SPDX-License-Identifier: MIT */
/*
 * limit_maps own|blocks|grow: vm.max_map_count. "own": the program's own
 * mappings use it up, then the library has to go on. "blocks": 60,000 large
 * blocks, then every second of them freed, and still the program's own mappings
 * succeed. "grow": a block that cannot be moved grows by a copy, and no address
 * space is lost.
 */
#include <sys/mman.h>

#include "dirty.h"

#define BLOCKS 60000
#define OWN 20000

/* Neighbours of different protection, which the kernel cannot merge. */
static char *
map_page(size_t i)
{
    char *p = mmap(NULL, page_size(), i % 2 ? PROT_READ : PROT_NONE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    return p == MAP_FAILED ? NULL : p;
}

static char **pages;

static size_t
map_pages(size_t most)
{
    size_t count = 0;

    while (count < most && (pages[count] = map_page(count)) != NULL)
        count++;
    return count;
}

static void
unmap_pages(size_t count)
{
    for (size_t i = 0; i < count; i++)
        munmap(pages[i], page_size());
}

/* What is not available is refused. What is handed out is complete. */
static void
use_what_there_is(void)
{
    for (size_t i = 0; i < DIRTY_SIZES; i++) {
        char *p;

        errno = 0;
        p = calloc(1, dirty_sizes[i]);
        REQUIRE(p != NULL || errno == ENOMEM);
        if (p == NULL)
            continue;
        require_zero(p, dirty_sizes[i]);
        make_dirty(p);
        free(p);
    }
}

static void
limit_by_own(char *kept, size_t n)
{
    size_t count = map_pages(1000000);

    REQUIRE(count > 1000);
    if (count == 1000000)
        skip("no limit within reach");
    for (int i = 0; i < 4; i++)
        use_what_there_is();
    REQUIRE(all_bytes_are(kept, DIRT, n));
    free(kept);
    for (int i = 0; i < 4; i++)
        use_what_there_is();
    unmap_pages(count);
    use_every_size_dirty();
}

static void
free_every_second(char **blocks, int from)
{
    for (int i = from; i < BLOCKS; i += 2)
        free(blocks[i]);
    malloc_trim(0);
}

static void
limit_by_blocks(void)
{
    char **blocks = malloc(BLOCKS * sizeof(*blocks));

    REQUIRE(blocks != NULL);
    for (int i = 0; i < BLOCKS; i++)
        REQUIRE((blocks[i] = malloc(MIB)) != NULL);
    REQUIRE(map_pages(OWN) == OWN);
    unmap_pages(OWN);
    free_every_second(blocks, 0);
    REQUIRE(map_pages(OWN) == OWN);
    use_every_size_dirty();
    unmap_pages(OWN);
    free_every_second(blocks, 1);
    use_every_size_dirty();
}

/* Blocks that are held, so that no kept one is long enough. */
static void
grow_without_mappings(void)
{
    enum { GROWN = 16 };
    const size_t n = 8 * MIB;
    size_t before, count, held = 0;
    char *p[GROWN], *q;

    for (int i = 0; i < GROWN; i++) {
        p[i] = malloc(n);
        make_dirty(p[i]);
    }
    count = map_pages(1000000);
    if (count == 1000000)
        skip("no limit within reach");
    before = mapped_bytes();
    for (int i = 0; i < GROWN; i++) {
        /* Room for a target, but not for a move. */
        for (size_t k = 0; k < 4; k++)
            munmap(pages[--count], page_size());
        q = realloc(p[i], 3 * n);
        while ((pages[count] = map_page(count)) != NULL)
            count++;
        held += q == NULL ? n : 3 * n;
        p[i] = q == NULL ? p[i] : q;
        REQUIRE(all_bytes_are(p[i], DIRT, n));
    }
    REQUIRE(mapped_bytes() < before + held + 5 * n);
    unmap_pages(count);
    for (int i = 0; i < GROWN; i++)
        free(p[i]);
}

int
main(int argc, char **argv)
{
    const size_t n = 3 * MIB;
    char *kept;

    require_active();
    watchdog(100);
    REQUIRE(argc == 2);
    pages = mmap(NULL, 8 * MIB, PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    REQUIRE(pages != MAP_FAILED);
    if (strcmp(argv[1], "blocks") == 0) {
        limit_by_blocks();
        return 0;
    }
    if (strcmp(argv[1], "grow") == 0) {
        grow_without_mappings();
        return 0;
    }
    kept = malloc(n);
    REQUIRE(kept != NULL);
    memset(kept, DIRT, n);
    limit_by_own(kept, n);
    return 0;
}
