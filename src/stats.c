/* SPDX-License-Identifier: MIT */
#include "stats.h"

#include "log.h"

struct lz_stats lz_stats;

void
lz_stats_print(void)
{
#define LZ_STAT(name, unit, description)                                    \
    lz_log("%s %zu (%s: %s)", #name,                                        \
           (size_t)__atomic_load_n(&lz_stats.name, __ATOMIC_RELAXED), unit, \
           description);
#include "stats.def"
#undef LZ_STAT
}
