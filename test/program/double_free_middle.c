/* SPDX-License-Identifier: MIT */
#include "misuse.h"

int
main(void)
{
    void *p;

    require_active();
    p = malloc(100000);
    say_hex(p);
    free(p);
    free(p);
    return 0;
}
