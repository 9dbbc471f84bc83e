/* SPDX-License-Identifier: MIT */
/* jemalloc is started before the first test, as the library's constructor does.
 */
#ifndef UNIT_START_H
#define UNIT_START_H

#include "heap/backend.h"

__attribute__((constructor)) static void
start_jemalloc(void)
{
    je_free(je_malloc(1));
}

#endif
