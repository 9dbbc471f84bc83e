/* SPDX-License-Identifier: MIT */
/*
 * limit_group MIB KINDS: uses MIB megabytes in blocks of a kind (l: large, s:
 * small), frees them, and goes on with the next kind. Run by check_group with a
 * limit of 1.25 times that, where a pool or a heap that kept too much would get
 * it killed.
 */
#include "dirty.h"

#define LARGE_SIZE (10 * MIB)
#define SMALL_SIZE ((size_t)4000)

/* A list through the blocks themselves; each is used in full. */
static void
use_and_free(size_t total, size_t n)
{
    char *first = NULL;

    for (size_t used = 0; used < total; used += n) {
        char *p = malloc(n);

        REQUIRE(p != NULL);
        memset(p, DIRT, n);
        memcpy(p, &first, sizeof(first));
        first = p;
    }
    while (first != NULL) {
        char *p = first;

        memcpy(&first, p, sizeof(first));
        REQUIRE(p[n - 1] == (char)DIRT);
        free(p);
    }
}

int
main(int argc, char **argv)
{
    size_t total;

    require_active();
    watchdog(100);
    REQUIRE(argc == 3);
    total = strtoul(argv[1], NULL, 10) * MIB;
    for (const char *kind = argv[2]; *kind != '\0'; kind++)
        use_and_free(total, *kind == 'l' ? LARGE_SIZE : SMALL_SIZE);
    return 0;
}
