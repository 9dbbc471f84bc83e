/* SPDX-License-Identifier: MIT */
/*
 * inspect_file LIBRARY FILE...: prints for each file why the library cannot
 * serve it, one a line.
 */
#include <stdio.h>

#include "inspect.h"

int
main(int argc, char **argv)
{
    for (int i = 2; i < argc; i++) {
        const char *obstacle = inspect_obstacle(argv[i], argv[1]);

        puts(obstacle == NULL ? "nothing" : obstacle);
    }
    return argc < 3;
}
