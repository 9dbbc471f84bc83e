/* SPDX-License-Identifier: MIT */
/* Blocks live on, come and go while the program ends. */
#include "misuse.h"

static char *small, *region;

static void
cycle(void)
{
    free(small);
    free(region);
    small = calloc(1, 100);
    region = calloc(1, LARGE);
    if (small == NULL || region == NULL || !lazyzero_owns(region))
        abort();
    memset(region, 1, LARGE);
}

__attribute__((destructor)) static void
last(void)
{
    cycle();
    free(small);
    free(region);
}

int
main(void)
{
    require_active();
    cycle();
    return atexit(cycle);
}
