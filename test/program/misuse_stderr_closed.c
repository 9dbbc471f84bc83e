/* SPDX-License-Identifier: MIT */
/* With standard error closed, the program stops as well. */
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
