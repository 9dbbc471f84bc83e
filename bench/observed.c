/* SPDX-License-Identifier: MIT */
/*
 * observed CALL MEMORY COUNT LIBRARY: the cost of a call that the library
 * observes, on a page of the program's own: the best of five, in nanoseconds.
 *
 * CALL    mprotect, munmap
 * MEMORY  small: a block of 4 MiB; large: 64 of 16 GiB and one of 1 TiB;
 *         freed: these once were. None is touched.
 */
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>

#include "clock.h"
#include "owner.h"

#define MIB ((size_t)1 << 20)
#define GIB ((size_t)1 << 30)

enum { BLOCKS = 65, PAGE = 4096 };

/* To what it is already, and where nothing is: as little work as can be. */
static uint64_t
time_calls(bool protects, char *page, long count)
{
    uint64_t start = now();
    int failed = 0;

    for (long i = 0; i < count; i++)
        failed |= protects ? mprotect(page, PAGE, PROT_READ | PROT_WRITE)
                           : munmap(page + PAGE, PAGE);
    if (failed != 0)
        exit(4);
    return now() - start;
}

static void
use_memory(const char *memory)
{
    static void *blocks[BLOCKS];

    if (strcmp(memory, "small") == 0)
        return;
    for (int i = 0; i < BLOCKS; i++)
        blocks[i] = malloc(i == 0 ? 1024 * GIB : 16 * GIB);
    for (int i = 0; i < BLOCKS && strcmp(memory, "freed") == 0; i++)
        free(blocks[i]);
}

/* Between blocks, where only the index can tell that it is none. */
static char *
own_page(char *block)
{
    char *page = mmap(block - 8 * MIB, 2 * PAGE, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (page == MAP_FAILED || munmap(page + PAGE, PAGE) != 0)
        exit(4);
    page[0] = 1;
    return page;
}

int
main(int argc, char **argv)
{
    uint64_t best = UINT64_MAX;
    char *page;
    long count;

    if (argc != 5) {
        fprintf(stderr, "usage: observed CALL MEMORY COUNT LIBRARY\n");
        return 2;
    }
    count = atol(argv[3]);
    require_owner("malloc", argv[4]);
    page = own_page(malloc(4 * MIB));
    use_memory(argv[2]);
    for (int i = 0; i < 5; i++) {
        uint64_t took =
            time_calls(strcmp(argv[1], "mprotect") == 0, page, count);

        best = took < best ? took : best;
    }
    printf("{\"ns\": %.3f}\n", (double)best / (double)count);
    return 0;
}
