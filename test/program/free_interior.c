/* SPDX-License-Identifier: MIT */
/* free_interior OFFSET [SIZE]: frees an address in the middle of a block. */
#include "misuse.h"

int
main(int argc, char **argv)
{
    char *p;

    require_active();
    if (argc < 2)
        return 2;
    p = (char *)malloc(argc == 3 ? strtoul(argv[2], NULL, 10) : LARGE) +
        strtoul(argv[1], NULL, 10);
    say_hex(p);
    free(p);
    return 0;
}
