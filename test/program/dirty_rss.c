/* SPDX-License-Identifier: MIT */
/*
 * dirty_rss retain|nothing|trim|age|sparse|sparse_reuse|scatter|same: how much
 * memory the process holds. What is freed is kept warm within bounds, and what
 * is only asked for costs nothing.
 */
#include <sys/prctl.h>
#include <sys/resource.h>

#include "dirty.h"

#define BLOCKS 100
#define BLOCK (3 * MIB)
#define NOISE (20 * MIB)
#define SCATTER (200 * MIB)

static char *blocks[2 * BLOCKS];

static size_t at_start;

static void
require_resident(size_t most)
{
    size_t resident = resident_bytes() - at_start;

    if (resident <= most)
        return;
    fprintf(stderr, "%zu KiB resident, %zu at most\n", resident >> 10,
            most >> 10);
    REQUIRE(!"too much memory");
}

static void
take_touched(void)
{
    for (int i = 0; i < BLOCKS; i++) {
        blocks[i] = calloc(1, BLOCK);
        require_zero(blocks[i], BLOCK);
        make_dirty(blocks[i]);
    }
    REQUIRE(resident_bytes() - at_start >= BLOCKS * BLOCK);
}

/* 300 MiB are freed, 64 MiB are kept: LAZYZERO_RETAIN=64M. */
static void
retain(void)
{
    for (int round = 0; round < 3; round++) {
        take_touched();
        for (int i = 0; i < BLOCKS; i++) {
            free(blocks[i]);
            require_resident((BLOCKS - 1 - (size_t)i) * BLOCK + 64 * MIB +
                             NOISE);
        }
    }
}

/* LAZYZERO_DECAY_MS=0. */
static void
nothing(void)
{
    take_touched();
    for (int i = 0; i < BLOCKS; i++) {
        free(blocks[i]);
        require_resident((BLOCKS - 1 - (size_t)i) * BLOCK + NOISE);
    }
}

static void
trim(void)
{
    take_touched();
    for (int i = 0; i < BLOCKS; i++)
        free(blocks[i]);
    REQUIRE(malloc_trim(0) == 1);
    require_resident(NOISE);
}

/*
 * Longer than LAZYZERO_DECAY_MS; the next large calls find them too old, and
 * each releases 64 MiB, so that none takes long.
 */
static void
age(void)
{
    take_touched();
    for (int i = 0; i < BLOCKS; i++)
        free(blocks[i]);
    usleep(1200000);
    for (int i = 0; i < 10; i++)
        free(malloc(BLOCK));
    require_resident(NOISE);
}

/* One page of each. */
static void
sparse(void)
{
    for (int i = 0; i < 2 * BLOCKS; i++) {
        blocks[i] = calloc(1, BLOCK);
        REQUIRE(blocks[i] != NULL);
        blocks[i][i * 4096] = 1;
    }
    require_resident(NOISE);
    for (int i = 0; i < 2 * BLOCKS; i++)
        free(blocks[i]);
}

/* One page in a hundred. */
static void
sparse_reuse(void)
{
    const size_t n = 1024 * MIB, step = 100 * page_size();

    for (int round = 0; round < 50; round++) {
        char *p = calloc(1, n);

        REQUIRE(p != NULL);
        for (size_t at = 0; at < n; at += step) {
            REQUIRE(p[at] == 0 && p[at + 1] == 0);
            p[at] = (char)DIRT;
        }
        require_resident(40 * MIB);
        free(p);
    }
}

static unsigned uses;

/* One page in 25, or a little less; `seed` says which. */
static void
use_some(char *p, size_t n, bool zero, unsigned seed)
{
    size_t pages = n / page_size();
    char *at, mark = (char)(1 + uses++ % 100);

    for (size_t i = 0; i < pages / 25; i++) {
        seed = seed * 1103515245 + 12345;
        at = &p[(seed >> 8) % pages * page_size()];
        REQUIRE(!zero || at[0] == 0 || at[0] == mark);
        at[0] = mark;
    }
}

/* As Python's `x = zeros(n)`: the last one goes when the next one is there. */
static void
take_some(size_t n, bool zero, unsigned seed)
{
    static char *last;
    char *p = zero ? calloc(1, n) : malloc(n);

    REQUIRE(p != NULL);
    free(last);
    last = p;
    use_some(p, n, zero, seed);
}

/*
 * Other pages each time, so that none is worth keeping: never more than the
 * pages of one use.
 */
static void
scatter(void)
{
    for (int round = 0; round < 2 * BLOCKS; round++) {
        take_some(SCATTER, round % 3 != 0, (unsigned)round * 77777);
        require_resident(SCATTER / 25 + 2 * MIB);
    }
}

static long
faults(void)
{
    struct rusage usage;

    REQUIRE(getrusage(RUSAGE_SELF, &usage) == 0);
    return usage.ru_minflt;
}

/* The same pages each time: faulted in by the first uses, and never again. */
static void
same(void)
{
    long before = 0;

    for (int round = 0; round < BLOCKS; round++) {
        if (round == 10)
            before = faults();
        take_some(SCATTER, true, 4711);
    }
    REQUIRE(faults() - before < (long)(SCATTER / 25 / page_size()));
    require_resident(2 * (SCATTER / 25) + 2 * MIB);
}

static void (*const modes[])(void) = {retain, nothing,      trim,    age,
                                      sparse, sparse_reuse, scatter, same};
static const char *const names[] = {"retain",  "nothing", "trim",
                                    "age",     "sparse",  "sparse_reuse",
                                    "scatter", "same"};

/* Without huge pages, of which one byte in 2 MiB makes all resident. */
int
main(int argc, char **argv)
{
    require_active();
    watchdog(100);
    REQUIRE(argc == 2);
    REQUIRE(prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0) == 0);
    at_start = resident_bytes();
    for (int i = 0; i < 8; i++) {
        if (strcmp(argv[1], names[i]) == 0) {
            modes[i]();
            return 0;
        }
    }
    return 1;
}
