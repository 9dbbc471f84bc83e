/* SPDX-License-Identifier: MIT */
/* Opened with RTLD_DEEPBIND, its malloc and free are libc's own. */
#include <stdlib.h>
#include <string.h>

__attribute__((visibility("default"))) int plugin_cycle(size_t n);

int
plugin_cycle(size_t n)
{
    char *p = malloc(n), *q = calloc(1, n);
    int ok = p != NULL && q != NULL;

    if (ok) {
        memset(p, 1, n);
        ok = q[n - 1] == 0;
        p = realloc(p, 2 * n);
        ok = ok && p != NULL && p[n - 1] == 1;
    }
    free(p);
    free(q);
    return ok;
}
