/* SPDX-License-Identifier: MIT */
/* A program as any other; what the library says about its options counts. */
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
