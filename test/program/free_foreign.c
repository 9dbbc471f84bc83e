/* SPDX-License-Identifier: MIT */
/*
 * free_foreign OFFSET: frees an address in a mapping that the program made by
 * itself.
 */
#include <sys/mman.h>

#include "misuse.h"

int
main(int argc, char **argv)
{
    char *map, *p;

    require_active();
    if (argc != 2)
        return 2;
    map = mmap(NULL, 8 * MIB, PROT_READ | PROT_WRITE,
               MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (map == MAP_FAILED)
        return 1;
    p = round_to_granule(map) + strtoul(argv[1], NULL, 10);
    say_hex(p);
    free(p);
    return 0;
}
