/* SPDX-License-Identifier: MIT */
/*
 * dirty_rss retain|nothing|trim|age|sparse|sparse_reuse: how much memory the
 * process holds. What is freed is kept warm within bounds, and what is only
 * asked for costs nothing.
 */
#include <sys/prctl.h>

#include "dirty.h"

#define BLOCKS 100
#define BLOCK (3 * MIB)
#define NOISE (20 * MIB)

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

static void (*const modes[])(void) = {retain, nothing, trim,
                                      age,    sparse,  sparse_reuse};
static const char *const names[] = {"retain", "nothing", "trim",
                                    "age",    "sparse",  "sparse_reuse"};

/* Without huge pages, of which one byte in 2 MiB makes all resident. */
int
main(int argc, char **argv)
{
    require_active();
    watchdog(100);
    REQUIRE(argc == 2);
    REQUIRE(prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0) == 0);
    at_start = resident_bytes();
    for (int i = 0; i < 6; i++) {
        if (strcmp(argv[1], names[i]) == 0) {
            modes[i]();
            return 0;
        }
    }
    return 1;
}
