/* SPDX-License-Identifier: MIT */
/* Counters of the large path. Lock-free; safe anywhere. */
#ifndef LZ_STATS_H
#define LZ_STATS_H

#include "util.h"

struct lz_stats {
#define LZ_STAT(name, unit, description) uint64_t name;
#include "stats.def"
#undef LZ_STAT
};

extern struct lz_stats lz_stats;

#define LZ_STAT_ADD(name, n) \
    ((void)__atomic_fetch_add(&lz_stats.name, (uint64_t)(n), __ATOMIC_RELAXED))

/* One line per statistic on standard error. */
void lz_stats_print(void);

#endif
