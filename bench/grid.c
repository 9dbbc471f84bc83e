/* SPDX-License-Identifier: MIT */
/*
 * grid KIND BYTES PAGES MOST_CYCLES MOST_MS LIBRARY: one cell of the grid.
 *
 * A cycle is: allocate, check that the pages to be used read as zero (unless
 * KIND is malloc), write one byte in each, free. Prints one JSON object: the
 * first cycle of the process, and median and 99th percentile of the others, in
 * nanoseconds. Stops after MOST_CYCLES further ones, or MOST_MS milliseconds of
 * them and a cycle: the first alone may take seconds.
 *
 * KIND: calloc, malloc, memset (malloc and memset(0)) or new (new char[n]()).
 * PAGES: a fraction (0 to 1: the first so much of the block), every2, every10,
 * every100, random10 (a tenth of the pages, others in each cycle), or mixed (a
 * cycle is two: all pages, then the first hundredth).
 */
#include "grid.h"
#include "clock.h"
#include "owner.h"

#define PAGE ((size_t)4096)
#define CYCLES_LIMIT 100000

struct cell {
    const char *kind, *pages;
    size_t bytes;
    double share; /* of the pages, where that is what `pages` says */
};

/* Not to be seen through: a compiler may drop a malloc, memset and free. */
static void *(*volatile do_malloc)(size_t) = malloc;
static void *(*volatile do_calloc)(size_t, size_t) = calloc;
static void *(*volatile do_memset)(void *, int, size_t) = memset;

static char *
allocate(const struct cell *cell)
{
    char *p;

    if (strcmp(cell->kind, "calloc") == 0)
        return do_calloc(1, cell->bytes);
    if (strcmp(cell->kind, "new") == 0)
        return grid_new(cell->bytes);
    p = do_malloc(cell->bytes);
    if (p != NULL && strcmp(cell->kind, "memset") == 0)
        do_memset(p, 0, cell->bytes);
    return p;
}

static void
release(const struct cell *cell, char *p)
{
    if (strcmp(cell->kind, "new") == 0)
        grid_delete(p);
    else
        free(p);
}

static void
use_page(const struct cell *cell, char *p, size_t page)
{
    if (p[page * PAGE] != 0 && strcmp(cell->kind, "malloc") != 0) {
        fprintf(stderr, "grid: page %zu of %zu bytes is not zero\n", page,
                cell->bytes);
        exit(1);
    }
    p[page * PAGE] = 1;
}

static void
use_stride(const struct cell *cell, char *p, size_t stride, double share)
{
    size_t end = (size_t)((double)cell->bytes * share / PAGE);

    for (size_t page = 0; page < end; page += stride)
        use_page(cell, p, page);
}

static void
use_random(const struct cell *cell, char *p, unsigned cycle)
{
    size_t pages = cell->bytes / PAGE;
    uint32_t state = 2463534242u + cycle;
    char mark = (char)(cycle % 100 + 2);

    for (size_t i = 0; i < pages / 10; i++) {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        /* A page may come twice in a cycle, and then has this mark. */
        if (p[state % pages * PAGE] != mark)
            use_page(cell, p, state % pages);
        p[state % pages * PAGE] = mark;
    }
}

static void
use(const struct cell *cell, char *p, unsigned cycle, double share)
{
    if (strncmp(cell->pages, "every", 5) == 0)
        use_stride(cell, p, (size_t)atol(cell->pages + 5), 1);
    else if (strcmp(cell->pages, "random10") == 0)
        use_random(cell, p, cycle);
    else if (strcmp(cell->pages, "mixed") == 0)
        use_stride(cell, p, 1, share);
    else
        use_stride(cell, p, 1, cell->share);
}

static void
use_block(const struct cell *cell, unsigned cycle, double share)
{
    char *p = allocate(cell);

    if (p == NULL) {
        fprintf(stderr, "grid: no memory for %zu bytes\n", cell->bytes);
        exit(1);
    }
    use(cell, p, cycle, share);
    release(cell, p);
}

static uint64_t
run_cycle(const struct cell *cell, unsigned cycle)
{
    uint64_t start = now();

    use_block(cell, cycle, 1);
    if (strcmp(cell->pages, "mixed") == 0)
        use_block(cell, cycle, 0.01);
    return now() - start;
}

static int
compare(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;

    return *x < *y ? -1 : *x > *y;
}

int
main(int argc, char **argv)
{
    static uint64_t took[CYCLES_LIMIT];
    struct cell cell;
    uint64_t first, end;
    unsigned most, count = 0;

    if (argc != 7) {
        fprintf(stderr, "usage: grid KIND BYTES PAGES MOST_CYCLES MOST_MS "
                        "LIBRARY\n");
        return 2;
    }
    cell = (struct cell){argv[1], argv[3], strtoull(argv[2], NULL, 10),
                         atof(argv[3])};
    most = (unsigned)atoi(argv[4]);
    if (most > CYCLES_LIMIT)
        most = CYCLES_LIMIT;
    require_owner("malloc", argv[6]);
    first = run_cycle(&cell, 0);
    end = now() + strtoull(argv[5], NULL, 10) * 1000000;
    while (count < most && (count < 1 || now() < end)) {
        took[count] = run_cycle(&cell, count + 1);
        count++;
    }
    qsort(took, count, sizeof(took[0]), compare);
    printf(
        "{\"first\": %llu, \"steady\": %llu, \"p99\": %llu, \"cycles\": %u}\n",
        (unsigned long long)first, (unsigned long long)took[count / 2],
        (unsigned long long)took[(size_t)(count - 1) * 99 / 100], count);
    return 0;
}
