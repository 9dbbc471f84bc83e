/* SPDX-License-Identifier: MIT */
/*
 * pairs COUNT churn|plain [LIBRARY]: malloc/free pairs of 16 to 1024 bytes.
 *
 * churn: each pair frees one of LIVE blocks, picked at random, and allocates
 * another in its place. plain: each block is freed at once. The same sizes in
 * every run. To be counted, not timed: scripts/bench-small.
 */
#include "pairs.h"
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
    if (argc < 3) {
        fprintf(stderr, "usage: pairs COUNT churn|plain [LIBRARY]\n");
        return 2;
    }
    require_owner("malloc", argc > 3 ? argv[3] : "");
    require_owner("free", argc > 3 ? argv[3] : "");
    (strcmp(argv[2], "churn") == 0 ? churn : plain)(atol(argv[1]));
    return 0;
}
