/* SPDX-License-Identifier: MIT */
/*
 * Proof of which allocator a program used. The dynamic linker ignores a preload
 * path that it cannot open, and the figures would then be libc's.
 */
#ifndef BENCH_OWNER_H
#define BENCH_OWNER_H

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Exits with 3 unless the file that defines `function` has `library` in it. */
static inline void
require_owner(const char *function, const char *library)
{
    Dl_info info;

    info.dli_fname = "nothing";
    dladdr(dlsym(RTLD_DEFAULT, function), &info);
    if (strstr(info.dli_fname, library) != NULL)
        return;
    fprintf(stderr, "%s is not active: %s comes from %s\n", library, function,
            info.dli_fname);
    exit(3);
}

#endif
