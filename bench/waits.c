/* SPDX-License-Identifier: MIT */
/*
 * waits COUNT read|poll [LIBRARY]: calls that could wait, and do not: what the
 * library adds to one while it keeps nothing. To be counted
 * (scripts/bench-small): valgrind leaves the system call out.
 */
#include <poll.h>
#include <unistd.h>

#include "owner.h"

static void
reads(long count)
{
    char byte;

    while (count-- > 0) {
        if (read(-1, &byte, 1) != -1)
            abort();
    }
}

static void
polls(long count)
{
    while (count-- > 0) {
        if (poll(NULL, 0, 0) != 0)
            abort();
    }
}

int
main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: waits COUNT read|poll [LIBRARY]\n");
        return 2;
    }
    require_owner("malloc", argc > 3 ? argv[3] : "");
    (strcmp(argv[2], "read") == 0 ? reads : polls)(atol(argv[1]));
    return 0;
}
