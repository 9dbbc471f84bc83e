/* SPDX-License-Identifier: MIT */
/*
 * dlopen_refused LIBRARY: without a preload. A malloc that comes after the
 * program's first block would be of no use, and one that leaves again by
 * dlclose would leave its thread destructors behind.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

int
main(int argc, char **argv)
{
    void *library = argc == 2 ? dlopen(argv[1], RTLD_NOW) : NULL;

    if (library != NULL || argc != 2) {
        puts("loaded by dlopen");
        return 1;
    }
    puts(dlerror());
    free(malloc(100));
    return 0;
}
