/* SPDX-License-Identifier: MIT */
#include "control/stats.h"

static struct lz_stat_counts own;
struct lz_stat_counts *lz_stats_place = &own;

void
lz_stats_change(struct lz_stat_gauge *gauge, intmax_t difference)
{
    uint64_t now =
        __atomic_add_fetch(&gauge->now, (uint64_t)difference, __ATOMIC_RELAXED);
    uint64_t peak = __atomic_load_n(&gauge->peak, __ATOMIC_RELAXED);

    /*
     * A fall is never a peak, even if another thread's rise becomes visible
     * late.
     */
    while (difference > 0 && now > peak &&
           !__atomic_compare_exchange_n(&gauge->peak, &peak, now, true,
                                        __ATOMIC_RELAXED, __ATOMIC_RELAXED))
        ;
}

#define START_requests(name)
#define START_counter(name)
#define START_derived(name)
#define START_gauge(name)               \
    fresh.name.now = lz_stats.name.now; \
    fresh.name.peak = lz_stats.name.now;

void
lz_stats_fork_child(void)
{
    struct lz_stat_counts fresh = {0};

#define LZ_STAT(kind, name, unit, description) START_##kind(name)
#include "control/stats.def"
#undef LZ_STAT
    lz_stats = fresh;
}

void
lz_stats_keep(void)
{
    own = lz_stats;
    lz_stats_place = &own;
}
