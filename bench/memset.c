/* SPDX-License-Identifier: MIT */
/*
 * memset BYTES COUNT LIBRARY: the cost of memset(p, 0, BYTES), COUNT times on
 * the same memory: the best of five, in nanoseconds a call.
 */
#include "clock.h"
#include "owner.h"

/* Called by its name, through the PLT, as programs do (-fno-builtin). */
static uint64_t
time_calls(char *p, size_t n, long count)
{
    uint64_t start = now();

    for (long i = 0; i < count; i++)
        memset(p, 0, n);
    return now() - start;
}

int
main(int argc, char **argv)
{
    static char block[1 << 20] __attribute__((aligned(4096)));
    uint64_t best = UINT64_MAX;
    size_t n;
    long count;

    if (argc != 4 || (n = strtoull(argv[1], NULL, 10)) > sizeof(block)) {
        fprintf(stderr, "usage: memset BYTES COUNT LIBRARY\n");
        return 2;
    }
    count = atol(argv[2]);
    require_owner("malloc", argv[3]);
    for (int i = 0; i < 5; i++) {
        uint64_t took = time_calls(block, n, count);

        best = took < best ? took : best;
    }
    printf("{\"ns\": %.3f}\n", (double)best / (double)count);
    return 0;
}
