/* SPDX-License-Identifier: MIT */
/*
 * Kept blocks, and a joined one. For tests registered with WRAP ${fake_os}
 * lz_index_set_span lz_meta_acquire lz_meta_release.
 */
#ifndef UNIT_REGION_JOINED_H
#define UNIT_REGION_JOINED_H

#include "large/region_inside.h"
#include "region_fixture.h"
#include "region_records.h"

#define GRANULE LZ_INDEX_GRANULE
#define PART (64 * LZ_MIB)

static inline void
joined_reset(void)
{
    region_start();
    lz_region_change_observed();
    fake.records = 0;
}

static inline void
learn(size_t size, size_t warm, size_t populated)
{
    const struct lz_region region = {
        .entry = {.map_size = size}, .high_water = size, .warm_end = warm};

    lz_region_demand_learn(&region, populated);
}

static inline void
joined_start(void)
{
    joined_reset();
    /* So that each block gets all that there is. */
    learn(1024 * LZ_MIB, 0, 1024 * LZ_MIB);
}

/*
 * Three blocks, full of 1, 2 and 3, that are kept. The one freed last is moved
 * first, and lies highest, so that the kernel merges none.
 */
static inline void
keep_three(void)
{
    struct lz_region *part[3];

    for (int i = 0; i < 3; i++) {
        part[i] = make_region(PART - 64 * LZ_KIB);
        memset(part[i]->base, i + 1, part[i]->usable);
    }
    for (int i = 3; i > 0; i--)
        cr_assert(lz_region_free(part[i - 1]));
}

/* With the room for a stagger, as long as the three. */
static inline struct lz_region *
join_three(void)
{
    struct lz_region *region;

    keep_three();
    region = make_region(3 * PART - GRANULE);
    cr_assert_eq(lz_stats.regions_joined, 1);
    return region;
}

static inline void
expect_nothing_left(void)
{
    lz_region_release_all();
    cr_expect_eq(fake_os.region_bytes, 0, "a mapping leaked");
    cr_expect_eq(fake.records, 0, "a record leaked");
    EXPECT_ERRNO_KEPT();
}

/* How many bytes of the block have that value, in each part. */
static inline size_t
count_bytes(const struct lz_region *region, int value)
{
    size_t count = 0;

    for (size_t i = 0; i < region->usable; i += 4096)
        count += region->base[i] == value ? 4096 : 0;
    return count;
}

#endif
