/* SPDX-License-Identifier: MIT */
/* free_interior OFFSET: frees an address in the middle of a region. */
#include "misuse.h"

int
main(int argc, char **argv)
{
    char *p;

    require_active();
    if (argc != 2)
        return 2;
    p = (char *)malloc(LARGE) + strtoul(argv[1], NULL, 10);
    say_hex(p);
    free(p);
    return 0;
}
