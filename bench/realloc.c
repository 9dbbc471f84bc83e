/* SPDX-License-Identifier: MIT */
/*
 * realloc LARGEST LIBRARY: growth by doubling from 1 MiB to LARGEST bytes, each
 * new half written, all of it verified at the end (not timed); then a shrink to
 * 2 MiB. Prints the time of the realloc calls and the memory after the shrink.
 */
#include "clock.h"
#include "owner.h"

#define MIB ((size_t)1 << 20)
#define STEP ((size_t)4096)

static void
fail(const char *what)
{
    fprintf(stderr, "realloc: %s\n", what);
    exit(1);
}

/* The word of a page tells its place. */
static void
write_pages(char *p, size_t from, size_t to)
{
    for (size_t at = from; at < to; at += STEP)
        memcpy(p + at, &at, sizeof(at));
}

static void
verify_pages(const char *p, size_t to)
{
    size_t found;

    for (size_t at = 0; at < to; at += STEP) {
        memcpy(&found, p + at, sizeof(found));
        if (found != at)
            fail("the contents were lost");
    }
}

static char *
resize(char *p, size_t n, uint64_t *took)
{
    uint64_t start = now();

    p = realloc(p, n);
    *took += now() - start;
    if (p == NULL)
        fail("no memory");
    return p;
}

int
main(int argc, char **argv)
{
    uint64_t growth = 0, shrink = 0;
    size_t largest, n = MIB;
    char *p = NULL;

    if (argc != 3)
        fail("usage: realloc LARGEST LIBRARY");
    largest = strtoull(argv[1], NULL, 10);
    require_owner("realloc", argv[2]);
    p = resize(p, n, &growth);
    write_pages(p, 0, n);
    for (; n < largest; n *= 2) {
        p = resize(p, 2 * n, &growth);
        write_pages(p, n, 2 * n);
    }
    verify_pages(p, n);
    p = resize(p, 2 * MIB, &shrink);
    verify_pages(p, 2 * MIB);
    printf("{\"growth\": %llu, \"shrink\": %llu, \"resident\": %ld}\n",
           (unsigned long long)growth, (unsigned long long)shrink,
           resident_kib());
    return 0;
}
