/* SPDX-License-Identifier: MIT */
/*
 * rss BLOCKS BYTES REST-MS LIBRARY: resident memory over time.
 *
 * BLOCKS blocks of BYTES are allocated and written in full (live), freed, then
 * as many are allocated by calloc, of each the first hundredth used, and freed;
 * then the program sleeps for REST-MS. Prints the peak of each phase and what
 * there was at its end, in KiB above the start, and the curve: pairs of
 * milliseconds and KiB.
 */
#include "clock.h"
#include "owner.h"

#define BLOCKS 1024
#define SAMPLES 4096
#define PAGE ((size_t)4096)

static char *blocks[BLOCKS];
static struct {
    double ms;
    long kib;
} samples[SAMPLES];
static int sampled;
static long floor_kib;
static uint64_t start;

static long
sample(long peak)
{
    long kib = resident_kib() - floor_kib;

    if (sampled < SAMPLES) {
        samples[sampled].ms = (double)(now() - start) / 1e6;
        samples[sampled++].kib = kib;
    }
    return kib > peak ? kib : peak;
}

static long
allocate(long count, size_t bytes, size_t used)
{
    long peak = 0;

    for (long i = 0; i < count; i++) {
        blocks[i] = calloc(1, bytes);
        if (blocks[i] == NULL)
            abort();
        for (size_t at = 0; at < used; at += PAGE)
            blocks[i][at] = 1;
        peak = sample(peak);
    }
    return peak;
}

static void
release(long count)
{
    for (long i = 0; i < count; i++)
        free(blocks[i]);
    sample(0);
}

static void
rest(long ms)
{
    struct timespec step = {0, 20000000};

    for (long i = 0; i < ms / 20; i++) {
        nanosleep(&step, NULL);
        sample(0);
    }
}

static void
print_curve(void)
{
    printf(", \"curve\": [");
    for (int i = 0; i < sampled; i++)
        printf("%s[%.1f, %ld]", i > 0 ? ", " : "", samples[i].ms,
               samples[i].kib);
    printf("]}\n");
}

int
main(int argc, char **argv)
{
    long count, ms, dense, freed, sparse;
    size_t bytes;

    if (argc != 5 || (count = atol(argv[1])) < 1 || count > BLOCKS) {
        fprintf(stderr, "usage: rss BLOCKS BYTES REST-MS LIBRARY\n");
        return 2;
    }
    bytes = strtoull(argv[2], NULL, 10);
    ms = atol(argv[3]);
    require_owner("calloc", argv[4]);
    floor_kib = resident_kib();
    start = now();
    dense = allocate(count, bytes, bytes);
    release(count);
    freed = sample(0);
    sparse = allocate(count, bytes, bytes / 100);
    release(count);
    rest(ms);
    printf("{\"dense\": %ld, \"freed\": %ld, \"sparse\": %ld, \"rest\": %ld",
           dense, freed, sparse, resident_kib() - floor_kib);
    print_curve();
    return 0;
}
