/* SPDX-License-Identifier: MIT */
/*
 * What zeroed memory costs on Windows, or under wine, from 1 MiB to 1 GiB: with
 * the library, with the process heap, and with malloc and memset. Prints the
 * median of some runs; judges nothing. LAZYZERO_THRESHOLD=1M lets the library
 * serve the smallest size itself, too.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include "lazyzero/lazyzero.h"

#define RUNS 7
#define MIB ((size_t)1 << 20)

/* A kind of zeroed memory. */
struct way {
    const char *name;
    void *(*make)(size_t n);
    void (*release)(void *p);
};

static void *
with_library(size_t n)
{
    return lazyzero_calloc(1, n);
}

/* What was freed is not there for the next one. */
static void
release_all(void *p)
{
    lazyzero_free(p);
    lazyzero_trim();
}

static void *
with_heap(size_t n)
{
    return HeapAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, n);
}

static void
release_heap(void *p)
{
    HeapFree(GetProcessHeap(), 0, p);
}

/* By a pointer, so that the two do not become a calloc. */
static void *(*volatile fill)(void *p, int c, size_t n) = memset;

static void *
with_memset(size_t n)
{
    void *p = malloc(n);

    return p != NULL ? fill(p, 0, n) : NULL;
}

static const struct way ways[] = {
    {"lazyzero_calloc", with_library, release_all},
    {"the same, reused", with_library, lazyzero_free},
    {"HeapAlloc, zeroed", with_heap, release_heap},
    {"malloc + memset", with_memset, free},
};
#define WAYS (sizeof(ways) / sizeof(ways[0]))

static double
now(void)
{
    LARGE_INTEGER count, frequency;

    QueryPerformanceCounter(&count);
    QueryPerformanceFrequency(&frequency);
    return (double)count.QuadPart * 1e3 / (double)frequency.QuadPart;
}

/* Milliseconds; negative: refused. A hundredth of it is used, then it is freed.
 */
static double
run(const struct way *way, size_t n)
{
    double start = now(), end;
    char *p = way->make(n);

    if (p == NULL)
        return -1;
    end = now();
    for (size_t i = 0; i < 100; i++)
        p[n / 100 * i] = 1;
    way->release(p);
    return end - start;
}

static int
compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double
median(const struct way *way, size_t n)
{
    double times[RUNS];

    for (int i = 0; i < RUNS; i++)
        times[i] = run(way, n);
    qsort(times, RUNS, sizeof(times[0]), compare);
    return times[0] < 0 ? -1 : times[RUNS / 2];
}

int
main(void)
{
    static const size_t sizes[] = {1, 10, 100, 1024};
    double worst = 0;

    printf("%-10s", "zeroed");
    for (size_t w = 0; w < WAYS; w++)
        printf("%20s", ways[w].name);
    printf("\n");
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        printf("%4u MiB  ", (unsigned)sizes[i]);
        for (size_t w = 0; w < WAYS; w++) {
            double ms = median(&ways[w], sizes[i] * MIB);

            printf("%17.3f ms", ms);
            fflush(stdout);
            if (w == 0 && (ms < 0 || ms > worst))
                worst = ms;
        }
        printf("\n");
    }
    printf("each new lazyzero_calloc under 1 ms: %s\n",
           worst >= 0 && worst < 1 ? "yes" : "no");
    return 0;
}
