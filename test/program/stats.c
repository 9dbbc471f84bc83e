/* SPDX-License-Identifier: MIT */
/* One of each thing that is counted; small blocks are not. */
#include "misuse.h"

int
main(void)
{
    char *p, *q;

    require_active();
    free(malloc(100));
    p = malloc(LARGE);
    q = calloc(1, LARGE);
    p = realloc(p, LARGE - 4096); /* where it lies */
    q = realloc(q, 4 * LARGE);    /* moves */
    q = realloc(q, 100);          /* copies */
    free(p);
    free(q);
    return 0;
}
