/* SPDX-License-Identifier: MIT */
/*
 * free_stack OFFSET: frees an address on the stack, this many bytes from where
 * a region could begin.
 */
#include "misuse.h"

int
main(int argc, char **argv)
{
    char block[4 * MIB], *p;

    require_active();
    if (argc != 2)
        return 2;
    p = round_to_granule(block) + strtoul(argv[1], NULL, 10);
    *p = 1;
    say_hex(p);
    free(p);
    return 0;
}
