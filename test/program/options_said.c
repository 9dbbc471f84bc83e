/* SPDX-License-Identifier: MIT */
/*
 * Does nothing special. The test is about what the library says of its options.
 */
#include "misuse.h"

int
main(void)
{
    char *p;

    require_active();
    p = calloc(1, LARGE);
    memset(p, 1, LARGE);
    p = realloc(p, 2 * LARGE);
    free(p);
    return p == NULL;
}
