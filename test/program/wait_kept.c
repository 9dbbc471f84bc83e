/* SPDX-License-Identifier: MIT */
/*
 * wait_kept kept|released: a process with one thread waits in read for longer
 * than a moment, and for less than the decay time. With LAZYZERO_RETAIN=SIZE
 * what it keeps is there after that, and with auto it is not.
 */
#include "wait.h"

#define KEPT (12 * MIB)

static void
write_later(int to)
{
    usleep(100000);
    REQUIRE(write(to, "x", 1) == 1);
    _exit(0);
}

int
main(int argc, char **argv)
{
    int ends[2];
    pid_t child;
    char byte;

    require_active();
    watchdog(100);
    REQUIRE(argc == 2);
    REQUIRE(pipe(ends) == 0);
    child = fork();
    REQUIRE(child >= 0);
    if (child == 0)
        write_later(ends[1]);
    keep(KEPT);
    REQUIRE(read(ends[0], &byte, 1) == 1);
    if (strcmp(argv[1], "kept") == 0)
        REQUIRE(kept_bytes() >= KEPT);
    else
        REQUIRE(kept_bytes() == 0);
    wait_for(child, 0);
    return 0;
}
