/* SPDX-License-Identifier: MIT */
#include "large/hugepage.h"

#include "control/options.h"
#include "control/stats.h"
#include "large/pool.h"
#include "os/os.h"

/* Below, one huge page would be half of the region. */
#define LEAST (4 * LZ_MIB)

/*
 * Full uses in a row that it takes, and the most that are remembered. Each
 * region that gets huge pages uses one up: the program may use the class
 * sparsely by now, and would hold 2 MiB for each page used (doc/design.md).
 */
#define CONVINCED 3
#define REMEMBERED 6

static uint8_t full_uses[LZ_POOL_CLASSES];

/* More blocks count as so many: there is a byte for each class. */
#define EXPECTED_MOST 200

void
lz_hugepage_learn(size_t map_size, bool full)
{
    uint8_t *uses = &full_uses[lz_pool_class(map_size)];
    uint8_t seen = __atomic_load_n(uses, __ATOMIC_RELAXED);

    if (!full)
        seen = 0;
    else if (seen < REMEMBERED)
        seen++;
    __atomic_store_n(uses, seen, __ATOMIC_RELAXED);
}

void
lz_hugepage_expect(size_t map_size, size_t blocks)
{
    if (blocks > EXPECTED_MOST)
        blocks = EXPECTED_MOST;
    __atomic_store_n(&full_uses[lz_pool_class(map_size)],
                     (uint8_t)(CONVINCED - 1 + blocks), __ATOMIC_RELAXED);
}

static bool
is_wanted(size_t map_size)
{
    uint8_t *uses = &full_uses[lz_pool_class(map_size)];
    uint8_t seen;

    if (map_size < LEAST)
        return false;
    seen = __atomic_load_n(uses, __ATOMIC_RELAXED);
    if (seen < CONVINCED)
        return false;
    __atomic_store_n(uses, seen - 1, __ATOMIC_RELAXED);
    return true;
}

/* Huge pages would hide what a program touches from who wants to learn it. */
static enum lz_hugepages
policy(void)
{
    return LZ_UNLIKELY(lz_options.learn[0] != '\0')
               ? LZ_HUGEPAGES_NEVER
               : (enum lz_hugepages)lz_options.hugepages;
}

bool
lz_hugepage_apply(void *map, size_t map_size)
{
    enum lz_hugepages wanted = policy();

    switch (wanted) {
    case LZ_HUGEPAGES_AUTO:
    case LZ_HUGEPAGES_HUGETLB:
    case LZ_HUGEPAGES_HUGETLB_2M:
    case LZ_HUGEPAGES_HUGETLB_1G:
        if (!is_wanted(map_size))
            return false;
        /* fall through */
    case LZ_HUGEPAGES_ALWAYS:
        lz_os_want_hugepages(map, map_size, true);
        LZ_STAT_ADD(hugepage_regions, 1);
        return wanted != LZ_HUGEPAGES_ALWAYS;
    case LZ_HUGEPAGES_NEVER:
        lz_os_want_hugepages(map, map_size, false);
        return false;
    case LZ_HUGEPAGES_SYSTEM:
        return false;
    }
    return false;
}

void
lz_hugepage_restore(void *map, size_t map_size)
{
    if (lz_options.hugepages == LZ_HUGEPAGES_ALWAYS ||
        lz_options.hugepages == LZ_HUGEPAGES_NEVER)
        lz_os_want_hugepages(map, map_size,
                             lz_options.hugepages == LZ_HUGEPAGES_ALWAYS);
}
