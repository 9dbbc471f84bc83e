/* SPDX-License-Identifier: MIT */
/* A build without libdw names no functions. */
#include "sites.h"

const bool symbol_has_names = false;

char *
symbol_find(const char *path, uint64_t offset)
{
    (void)path;
    (void)offset;
    return NULL;
}

char *
symbol_line(const char *path, uint64_t offset)
{
    (void)path;
    (void)offset;
    return NULL;
}
