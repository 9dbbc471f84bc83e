/* SPDX-License-Identifier: MIT */
/*
 * profiled dense|sparse COUNT: so many live blocks of 64 MiB by calloc, each
 * page read and written, or every 512th; prints the page faults and the MiB
 * that this took.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "active.h"

#define SIZE ((size_t)64 << 20)
#define PAGE 4096

/* False: a byte was not zero. */
static int
use(volatile char *p, size_t step)
{
    for (size_t at = 0; at < SIZE; at += step) {
        if (p[at] != 0 || p[at + PAGE - 1] != 0)
            return 0;
        p[at] = 1;
    }
    return 1;
}

int
main(int argc, char **argv)
{
    struct rusage usage;

    require_active();
    if (argc < 3)
        return 1;
    for (int i = atoi(argv[2]); i > 0; i--) {
        char *p = calloc(1, SIZE);

        if (p == NULL ||
            !use(p, strcmp(argv[1], "dense") == 0 ? PAGE : 512 * PAGE))
            return 2;
    }
    if (argc > 3 && fork() == 0)
        exit(0);
    while (wait(NULL) > 0)
        continue;
    getrusage(RUSAGE_SELF, &usage);
    printf("%ld %ld\n", usage.ru_minflt, usage.ru_maxrss / 1024);
    return 0;
}
