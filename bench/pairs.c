/* SPDX-License-Identifier: MIT */
/*
 * pairs COUNT churn|plain [LIBRARY [time]]: malloc/free pairs of 16 to 1024
 * bytes.
 *
 * churn: each pair frees one of LIVE blocks, picked at random, and allocates
 * another in its place. plain: each block is freed at once. The same sizes in
 * every run. To be counted (scripts/bench-small), or timed: the nanoseconds a
 * pair are then printed.
 */
#include "pairs.h"
#include "clock.h"
#include "owner.h"

static void
churn(long count)
{
    static void *live[LIVE];

    while (count-- > 0) {
        void **slot = &live[next_random() % LIVE];

        free(*slot);
        *slot = malloc(next_size());
    }
}

static void
plain(long count)
{
    while (count-- > 0)
        free(malloc(next_size()));
}

int
main(int argc, char **argv)
{
    uint64_t start;

    if (argc < 3) {
        fprintf(stderr, "usage: pairs COUNT churn|plain [LIBRARY [time]]\n");
        return 2;
    }
    require_owner("malloc", argc > 3 ? argv[3] : "");
    require_owner("free", argc > 3 ? argv[3] : "");
    start = now();
    (strcmp(argv[2], "churn") == 0 ? churn : plain)(atol(argv[1]));
    if (argc > 4)
        printf("{\"ns\": %.3f}\n", (double)(now() - start) / atof(argv[1]));
    return 0;
}
