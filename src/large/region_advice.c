/* SPDX-License-Identifier: MIT */
/*
 * Advice that a program gives to most of a block is given to all of its
 * mapping. numpy advises huge pages for each array, from its second page on.
 * The kernel would split the mapping in two, no later advice would merge the
 * two, and the block could not be reused.
 */
#include "large/hugepage.h"
#include "large/region_inside.h"
#include "os/os.h"

/*
 * Bits for the advice that a whole mapping got. Advice about huge pages stays
 * for the next owner, unless the options say otherwise.
 */
enum { ORDERED = 1, NOT_DUMPED = 2, MERGED = 4, HUGE = 8 };

static void
set_advice(struct lz_region *region, unsigned char bit, bool on)
{
    if (on)
        region->advice |= bit;
    else
        region->advice &= (unsigned char)~bit;
}

static void
remember(struct lz_region *region, enum lz_region_advice advice)
{
    switch (advice) {
    case LZ_REGION_HUGEPAGE:
    case LZ_REGION_NOHUGEPAGE:
        lz_hugepage_learn(region->entry.map_size, advice == LZ_REGION_HUGEPAGE);
        set_advice(region, HUGE, true);
        return;
    case LZ_REGION_ACCESS:
    case LZ_REGION_NO_ACCESS:
        set_advice(region, ORDERED, advice == LZ_REGION_ACCESS);
        return;
    case LZ_REGION_DONTDUMP:
    case LZ_REGION_DODUMP:
        set_advice(region, NOT_DUMPED, advice == LZ_REGION_DONTDUMP);
        return;
    case LZ_REGION_MERGE:
    case LZ_REGION_NO_MERGE:
        set_advice(region, MERGED, advice == LZ_REGION_MERGE);
        return;
    }
}

/* How much a program leaves out, so as to advise whole huge pages. */
#define MARGIN (2 * LZ_MIB)

/* Not if memory beyond the block would be advised. */
static bool
is_most(const struct lz_region *region, uintptr_t start, uintptr_t end)
{
    uintptr_t base = (uintptr_t)region->base;
    uintptr_t last = base + region->usable;

    return start >= base && start - base < MARGIN &&
           lz_round_up(end, lz_os_page_size()) <= last && last - end < MARGIN &&
           end - start >= region->usable / 2;
}

/* Advice that undoes other advice changes nothing if that was never given. */
static bool
is_idle(const struct lz_region *region, enum lz_region_advice advice)
{
    switch (advice) {
    case LZ_REGION_NO_ACCESS:
        return (region->advice & ORDERED) == 0;
    case LZ_REGION_DODUMP:
        return (region->advice & NOT_DUMPED) == 0;
    case LZ_REGION_NO_MERGE:
        return (region->advice & MERGED) == 0;
    default:
        return false;
    }
}

void
lz_region_advise(void **p, size_t *n, enum lz_region_advice advice)
{
    struct lz_region *region = lz_region_alone(*p, *n);
    uintptr_t start = (uintptr_t)*p;

    /* The kernel refuses an address within a page. */
    if (start % lz_os_page_size() != 0 ||
        (region != NULL && is_idle(region, advice)))
        return;
    if (region == NULL || !lz_region_is_unchanged(region) ||
        !is_most(region, start, start + *n)) {
        lz_region_change(*p, *n, LZ_REGION_ALTERED);
        return;
    }
    remember(region, advice);
    *p = region->entry.map;
    *n = region->entry.map_size;
}

bool
lz_region_take_advice_back(struct lz_region *region)
{
    struct lz_pool_entry *entry = &region->entry;
    unsigned char advice = region->advice;

    region->advice = 0;
    if ((advice & HUGE) != 0)
        lz_hugepage_restore(entry->map, entry->map_size);
    return (advice & (ORDERED | NOT_DUMPED | MERGED)) == 0 ||
           lz_os_take_advice_back(entry->map, entry->map_size);
}
