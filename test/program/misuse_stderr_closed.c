/* SPDX-License-Identifier: MIT */
/* Nobody to tell: the program stops all the same. */
#include "misuse.h"

int
main(void)
{
    void *p;

    require_active();
    p = malloc(LARGE);
    close(STDERR_FILENO);
    free(p);
    free(p);
    return 0;
}
