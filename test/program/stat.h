/* SPDX-License-Identifier: MIT */
/* STAT(regions_reused): one number of this process's statistics. */
#ifndef TEST_PROGRAM_STAT_H
#define TEST_PROGRAM_STAT_H

#include <stddef.h>
#include <stdint.h>

#define LAZYZERO_WEAK
#include "lazyzero/lazyzero.h"
#include "watch.h"

static inline uint64_t
read_stat(size_t offset)
{
    struct lazyzero_stats stats = {.size = sizeof(stats)};

    REQUIRE(lazyzero_read_stats(&stats) == 0);
    return *(uint64_t *)(void *)((char *)&stats + offset);
}

#define STAT(name) read_stat(offsetof(struct lazyzero_stats, name))

#endif
