/* SPDX-License-Identifier: MIT */
/*
 * limit_maps own|blocks: vm.max_map_count. "own": the program's own mappings
 * use it up, then the library has to go on. "blocks": 60,000 large blocks, then
 * every second of them freed, and still the program's own mappings succeed.
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
    kept = malloc(n);
    REQUIRE(kept != NULL);
    memset(kept, DIRT, n);
    limit_by_own(kept, n);
    return 0;
}
