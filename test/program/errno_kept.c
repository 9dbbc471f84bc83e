/* SPDX-License-Identifier: MIT */
/*
 * No call that succeeds changes errno: not the first one, which starts the
 * library, nor any that asks the system for memory or gives it back.
 */
#include <errno.h>

#include "misuse.h"

static void
check(const char *call)
{
    if (errno != ODD_ERRNO) {
        fprintf(stderr, "%s: errno %d\n", call, errno);
        exit(1);
    }
}

static void
cycle(size_t n)
{
    char *p, *q;

    p = malloc(n);
    check("malloc");
    q = calloc(1, n);
    check("calloc");
    memset(p, 1, n);
    memset(q, 1, n);
    p = realloc(p, 3 * n);
    check("realloc to more");
    p = realloc(p, n / 5 + 1);
    check("realloc to less");
    free(p);
    free(q);
    check("free");
    if (posix_memalign((void **)&p, 1 << 16, n) == 0)
        free(p);
    check("posix_memalign");
}

int
main(void)
{
    errno = ODD_ERRNO;
    require_active();
    check("start");
    for (size_t n = 1; n < 8 * LARGE; n = n * 3 + 1)
        cycle(n);
    return 0;
}
