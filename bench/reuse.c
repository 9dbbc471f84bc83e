/* SPDX-License-Identifier: MIT */
/*
 * reuse sizes|join ROUNDS MIB LIBRARY: what freed pages are worth to a block of
 * another size. All blocks are written in full.
 *
 * sizes  buffers of 24 sizes up to MIB, in random order, three live at a time
 * join   three blocks of a third of MIB are freed, then one of MIB
 *
 * Figures: page faults after the start, in pages of the peak of the live bytes
 * (none counts as one, so that ratios can be taken); the resident set's peak,
 * in bytes of that; nanoseconds of all. For join, all are of the last round's
 * long block alone.
 */
#include <stdint.h>
#include <sys/resource.h>

#include "clock.h"
#include "owner.h"

#define MIB ((size_t)1 << 20)

enum { LIVE = 3, SIZES = 24, PAGE = 4096 };

static char *volatile blocks[LIVE];
static size_t sizes[LIVE], live, peak;

struct figures {
    uint64_t faults, ns;
    size_t resident;
};

static struct figures
measure(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return (struct figures){.faults = (uint64_t)usage.ru_minflt,
                            .ns = now(),
                            .resident = (size_t)usage.ru_maxrss * 1024};
}

static void
release(size_t slot)
{
    free(blocks[slot]);
    blocks[slot] = NULL;
    live -= sizes[slot];
    sizes[slot] = 0;
}

static void
take(size_t slot, size_t n, int value)
{
    release(slot);
    blocks[slot] = malloc(n);
    if (blocks[slot] == NULL)
        exit(4);
    memset(blocks[slot], value, n);
    sizes[slot] = n;
    live += n;
    peak = live > peak ? live : peak;
}

static unsigned
next_random(void)
{
    static uint64_t state = 12345;

    state = state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(state >> 33);
}

static struct figures
run_sizes(long rounds, size_t most)
{
    struct figures start = measure();

    for (long i = 0; i < rounds; i++)
        take((size_t)i % LIVE, most / SIZES * (1 + next_random() % SIZES),
             (int)i);
    return start;
}

static struct figures
run_join(long rounds, size_t most)
{
    struct figures start = measure();

    for (long i = 0; i < rounds; i++) {
        for (size_t slot = 0; slot < LIVE; slot++)
            take(slot, most / LIVE, (int)i);
        for (size_t slot = 0; slot < LIVE; slot++)
            release(slot);
        start = measure();
        take(0, most, (int)i);
    }
    return start;
}

int
main(int argc, char **argv)
{
    struct figures start, end;
    long rounds;
    size_t most;

    if (argc != 5) {
        fprintf(stderr, "usage: reuse sizes|join ROUNDS MIB LIBRARY\n");
        return 2;
    }
    rounds = atol(argv[2]);
    most = (size_t)atol(argv[3]) * MIB;
    require_owner("malloc", argv[4]);
    start = strcmp(argv[1], "join") == 0 ? run_join(rounds, most)
                                         : run_sizes(rounds, most);
    end = measure();
    if (end.faults == start.faults)
        end.faults++;
    printf("{\"faults\": %.7f, \"resident\": %.4f, \"ns\": %llu}\n",
           (double)(end.faults - start.faults) * PAGE / (double)peak,
           (double)end.resident / (double)peak,
           (unsigned long long)(end.ns - start.ns));
    return 0;
}
