/* SPDX-License-Identifier: MIT */
/* Counters of the large path. Lock-free; safe anywhere. */
#ifndef LZ_STATS_H
#define LZ_STATS_H

#include "base/util.h"

/* Size class k holds the requests of 2^k up to 2^(k+1) - 1 bytes. */
#define LZ_STAT_SIZES 64

struct lz_stat_gauge {
    uint64_t now, peak;
};

#define LZ_STAT_FIELD_requests(name) uint64_t name[LZ_STAT_SIZES];
#define LZ_STAT_FIELD_counter(name) uint64_t name;
#define LZ_STAT_FIELD_gauge(name) struct lz_stat_gauge name;
#define LZ_STAT_FIELD_derived(name)

struct lz_stat_counts {
#define LZ_STAT(kind, name, unit, description) LZ_STAT_FIELD_##kind(name)
#include "control/stats.def"
#undef LZ_STAT
};

/*
 * Where this process counts: in its own memory, or where view.h says. Changed
 * only before there are threads, and in the child of a fork.
 */
extern struct lz_stat_counts *lz_stats_place;
#define lz_stats (*lz_stats_place)

#define LZ_STAT_ADD(name, n) \
    ((void)__atomic_fetch_add(&lz_stats.name, (uint64_t)(n), __ATOMIC_RELAXED))

/* A request of n bytes. */
#define LZ_STAT_REQUEST(name, n) LZ_STAT_ADD(name[lz_stats_size_class(n)], 1)

static inline unsigned
lz_stats_size_class(size_t n)
{
    return 63 - (unsigned)__builtin_clzll(n | 1);
}

/* The current value changes by `difference`, which may be negative. */
void lz_stats_change(struct lz_stat_gauge *gauge, intmax_t difference);

/* The current value becomes `value`. Only for a gauge that one lock guards. */
static inline void
lz_stats_set(struct lz_stat_gauge *gauge, uint64_t value)
{
    __atomic_store_n(&gauge->now, value, __ATOMIC_RELAXED);
    if (value > gauge->peak)
        __atomic_store_n(&gauge->peak, value, __ATOMIC_RELAXED);
}

/* In the child of a fork: it reports what it did itself. */
void lz_stats_fork_child(void);

/* Counts go on, from where they are, in this process's own memory. */
void lz_stats_keep(void);

#endif
