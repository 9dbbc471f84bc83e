/* SPDX-License-Identifier: MIT */
#include "grid.h"

char *
grid_new(size_t n)
{
    return new char[n]();
}

void
grid_delete(char *p)
{
    delete[] p;
}
