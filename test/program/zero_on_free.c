/* SPDX-License-Identifier: MIT */
/*
 * zero_on_free FOUND: fills blocks of all kinds, frees them in all ways, and
 * looks for what was in them through the whole of its memory. FOUND is 0 where
 * none may be left, 1 where the option is off.
 */
#define _FILE_OFFSET_BITS 64 /* addresses above 2 GiB in /proc/self/mem */

#include <fcntl.h>
#include <malloc.h>

#include "dirty.h"

/* So many bytes in a row are a find. */
#define RUN 16

#define PIECE ((size_t)1 << 16)

extern void free_sized(void *p, size_t n) __attribute__((weak));

static const size_t sizes[] = {24,     100,     5000,        40000,
                               900000, 2 * MIB, 5 * MIB + 7, 33 * MIB};
#define SIZES (sizeof(sizes) / sizeof(sizes[0]))

/* LAZYZERO_CHECK has its bits in a mapping of more; those are no contents. */
static const uint64_t range_most = (uint64_t)1 << 36;

/* Not of the heap, and not looked at. */
static unsigned char piece[PIECE];

static bool
piece_has_dirt(size_t n)
{
    size_t run = 0;

    for (size_t i = 0; i < n; i++) {
        run = piece[i] == DIRT ? run + 1 : 0;
        if (run == RUN)
            return true;
    }
    return false;
}

static bool
range_has_dirt(int mem, uintptr_t at, uintptr_t end)
{
    ssize_t got;

    for (; at < end; at += PIECE) {
        if (at <= (uintptr_t)piece + PIECE && (uintptr_t)piece <= at + PIECE)
            continue;
        got = pread(mem, piece, end - at < PIECE ? end - at : PIECE, (off_t)at);
        if (got > 0 && piece_has_dirt((size_t)got))
            return true;
    }
    return false;
}

/* On which the dynamic linker keeps the registers of memset. */
static bool
is_stack(uintptr_t from, uintptr_t to)
{
    char here;

    return (uintptr_t)&here >= from && (uintptr_t)&here < to;
}

static bool
memory_has_dirt(void)
{
    int mem = open("/proc/self/mem", O_RDONLY);
    FILE *maps = fopen("/proc/self/maps", "r");
    unsigned long from, to;
    bool found = false;
    char line[512];

    REQUIRE(mem >= 0 && maps != NULL);
    while (!found && fgets(line, sizeof(line), maps) != NULL)
        found = sscanf(line, "%lx-%lx rw", &from, &to) == 2 &&
                to - from < range_most && !is_stack(from, to) &&
                range_has_dirt(mem, from, to);
    fclose(maps);
    close(mem);
    return found;
}

static void *
make(size_t n)
{
    void *p = malloc(n);

    make_dirty(p);
    return p;
}

static void
free_in_all_ways(size_t n)
{
    void *p = make(n), *q = make(n), *r = make(n);

    free(p);
    p = aligned_alloc(4096, (n + 4095) / 4096 * 4096);
    make_dirty(p);
    free(p);
    if (free_sized != NULL)
        free_sized(q, n);
    else
        free(q);
    /* Moves, and gives the old block back. */
    q = make(n);
    r = realloc(r, 4 * n);
    r = realloc(r, 20);
    make_dirty(r);
    free(r);
    q = realloc(q, 0);
}

/* Nothing of it is left; or it cannot be read at all. */
static void
read_stale(size_t n)
{
    unsigned char *p = (unsigned char *)make(n);
    int mem = open("/proc/self/mem", O_RDONLY);
    size_t size = n < PIECE ? n : PIECE;

    free(p);
    if (pread(mem, piece, size, (off_t)(uintptr_t)p) > 0)
        REQUIRE(all_bytes_are(piece, 0, size));
    close(mem);
}

int
main(int argc, char **argv)
{
    bool expected = argc > 1 && argv[1][0] == '1';

    require_active();
    watchdog(60);
    for (size_t i = 0; i < SIZES; i++)
        free_in_all_ways(sizes[i]);
    REQUIRE(memory_has_dirt() == expected);
    for (size_t i = 0; i < SIZES && !expected; i++)
        read_stale(sizes[i]);
    use_every_size_dirty();
    REQUIRE(memory_has_dirt() == expected);
    return 0;
}
