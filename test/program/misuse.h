/* SPDX-License-Identifier: MIT */
/* What the programs that do wrong, or do first things first, share. */
#ifndef TEST_PROGRAM_MISUSE_H
#define TEST_PROGRAM_MISUSE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "active.h"

#define MIB ((size_t)1 << 20)

/* A region, whatever the default threshold may become. */
#define LARGE (10 * MIB)

/* An errno that no call sets by itself. */
#define ODD_ERRNO 4242

/* Tells program/check_run what <hex> stands for; abort would lose a buffer. */
static inline void
say_hex(const void *p)
{
    dprintf(STDOUT_FILENO, "hex %jx\n", (uintmax_t)(uintptr_t)p);
}

/* A region's address is a multiple of this, but for a few pages. */
static inline char *
round_to_granule(char *p)
{
    return (char *)(((uintptr_t)p + 2 * MIB - 1) & ~(uintptr_t)(2 * MIB - 1));
}

#endif
