/* SPDX-License-Identifier: MIT */
/* Every large call with its contents checked. */
#include "misuse.h"

static bool
is_all(const char *p, size_t n, char value)
{
    for (size_t i = 0; i < n; i++) {
        if (p[i] != value)
            return false;
    }
    return true;
}

int
main(void)
{
    require_active();
    for (size_t n = 1000; n <= 4 * LARGE; n *= 2) {
        char *p = calloc(1, n);

        if (!is_all(p, n, 0))
            return 1;
        memset(p, 1, n);
        p = realloc(p, 3 * n);
        memset(p + n, 1, 2 * n);
        p = realloc(p, n / 2);
        if (!is_all(p, n / 2, 1))
            return 1;
        free(p);
    }
    return 0;
}
