/* SPDX-License-Identifier: MIT */
/* untraced SMALL LARGE: so many small and large blocks, each freed at once. */
#include <stdlib.h>

int
main(int argc, char **argv)
{
    long small = argc > 1 ? atol(argv[1]) : 0;
    long large = argc > 2 ? atol(argv[2]) : 0;

    for (long i = 0; i < small; i++) {
        void *volatile p = malloc((size_t)(16 + i % 1000));

        free(p);
    }
    for (long i = 0; i < large; i++) {
        char *volatile p = calloc(1, (size_t)4 << 20);

        p[(i % 4) << 12] = 1;
        free(p);
    }
    return 0;
}
