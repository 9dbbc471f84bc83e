/* SPDX-License-Identifier: MIT */
/*
 * Kept regions and fork. The advice for one mapping takes 1.4 us where the
 * kernel made one of several mappings that touch, since it is cut off and
 * joined again: 0.6 ms for 200. For all of them together it takes 1 us.
 */
#include "base/assert.h"
#include "large/region_inside.h"
#include "os/os.h"

/* Regions that are looked at together: 2 KiB of stack on 64 bits. */
#define BATCH 256

struct batch {
    struct lz_pool_entry *entries[BATCH];
    size_t count;
};

/* By address; most come in order, as they were made and freed in order. */
static void
add(struct batch *batch, struct lz_pool_entry *entry)
{
    struct lz_pool_entry **at = &batch->entries[batch->count++];

    LZ_ASSERT(batch->count <= BATCH);
    for (; at > batch->entries && at[-1]->map > entry->map; at--)
        at[0] = at[-1];
    *at = entry;
}

/* Up to a batch from that entry on; the first that is not in it, or NULL. */
static struct lz_pool_entry *
gather(struct batch *batch, struct lz_pool_entry *entry)
{
    batch->count = 0;
    for (; entry != NULL && batch->count < BATCH; entry = entry->newer)
        add(batch, entry);
    return entry;
}

static bool
advise(const struct lz_pool_entry *first, const struct lz_pool_entry *last,
       bool inherited)
{
    size_t size = (size_t)(last->map + last->map_size - first->map);
    int error;

    LZ_ASSERT(first->map <= last->map);
    error = lz_os_inherit(first->map, size, inherited);

    return error == 0 || error == ENOSYS;
}

/*
 * If the system refuses the advice, a part of the mapping may differ from the
 * rest from now on (madvise(2), ENOMEM: it would be one mapping more than
 * allowed). So it is unmapped instead of reused; not now, while locks are held.
 */
static void
advise_each(struct lz_pool_entry **entries, size_t count, bool inherited)
{
    for (size_t i = 0; i < count; i++) {
        if (!advise(entries[i], entries[i], inherited))
            lz_region_mark((struct lz_region *)entries[i], LZ_REGION_ALTERED);
    }
}

/* How many of them lie one behind the other. */
static size_t
count_touching(struct lz_pool_entry **entries, size_t count)
{
    size_t n = 1;

    while (n < count &&
           entries[n - 1]->map + entries[n - 1]->map_size == entries[n]->map)
        n++;
    return n;
}

static void
inherit_all(bool inherited)
{
    struct lz_pool_entry *next = lz_pool_oldest, **at;
    struct batch batch;
    size_t n;

    while (next != NULL) {
        next = gather(&batch, next);
        for (at = batch.entries; batch.count > 0; at += n, batch.count -= n) {
            n = count_touching(at, batch.count);
            if (n == 1 || !advise(at[0], at[n - 1], inherited))
                advise_each(at, n, inherited);
        }
    }
}

void
lz_region_fork_prepare(void)
{
    inherit_all(false);
}

void
lz_region_fork_parent(void)
{
    inherit_all(true);
}

static bool
is_any(const struct lz_pool_entry *entry)
{
    (void)entry;
    return true;
}

/*
 * What is not there in the child is forgotten and not unmapped: the address may
 * soon be another mapping's. Where the system knows no such advice, it is
 * there; where only a part of it is, by the program's own advice, that part
 * stays mapped.
 */
void
lz_region_fork_child(void)
{
    struct lz_pool_entry *entry;

    while ((entry = lz_pool_remove_if(is_any)) != NULL) {
        struct lz_region *region = (struct lz_region *)entry;

        if (lz_os_is_mapped(entry->map, entry->map_size))
            lz_region_destroy(region);
        else
            lz_region_forget(region);
    }
}
