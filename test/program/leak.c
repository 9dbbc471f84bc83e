/* SPDX-License-Identifier: MIT */
/* leak [COUNT]: makes blocks of many sizes, and leaves COUNT of them behind. */
#include <stdlib.h>
#include <string.h>

static const size_t sizes[] = {10, 5000, 300000, 1 << 20, 10 << 20};

static void *volatile lost;

int
main(int argc, char **argv)
{
    int count = argc > 1 ? atoi(argv[1]) : 0;

    for (int i = 0; i < 5; i++) {
        lost = calloc(1, sizes[i]);
        lost = realloc(lost, 2 * sizes[i]);
        if (lost == NULL)
            return 3;
        memset(lost, 1, 2 * sizes[i]);
        if (i >= count)
            free(lost);
        lost = NULL;
    }
    return 0;
}
