/* SPDX-License-Identifier: MIT */
#include "pool.h"

#include "index.h"
#include "lock.h"
#include "options.h"
#include "os.h"
#include "stats.h"

#define GRANULE LZ_INDEX_GRANULE
#define CLASSES_PER_DOUBLING 8

/*
 * A share of the memory that is this process's to use at most: a pool of an
 * eighth leaves room for siblings that keep as much.
 */
#define MEMORY_SHARE 8

/* Kept without asking how much memory there is: that takes 20 us, once. */
#define BUDGET_LEAST (16 * LZ_MIB)

static struct lz_lock lock = LZ_LOCK_INITIALIZER;

/* All guarded by lock. */
static struct lz_pool_entry *classes[LZ_POOL_CLASSES + 1];
struct lz_pool_entry *lz_pool_oldest;
static struct lz_pool_entry *newest;
static size_t resident;
static size_t budget; /* 0: not known yet */

size_t
lz_pool_class_size(size_t n)
{
    size_t step = lz_floor_power_of_two(n) / CLASSES_PER_DOUBLING;

    return lz_round_up(n, step < GRANULE ? GRANULE : step);
}

/* Granules up to 16, then three bits below the leading one. */
size_t
lz_pool_class(size_t map_size)
{
    size_t granules = map_size / GRANULE;
    unsigned log = 0;

    if (granules < 2 * CLASSES_PER_DOUBLING)
        return granules;
    while (granules >> log >= 2 * CLASSES_PER_DOUBLING)
        log++;
    return log * CLASSES_PER_DOUBLING + (granules >> log);
}

/* The two ends are also read without the lock, to see that there is nothing. */
static void
set_end(struct lz_pool_entry **end, struct lz_pool_entry *entry)
{
    __atomic_store_n(end, entry, __ATOMIC_SEQ_CST);
}

static void
set_resident(size_t bytes)
{
    __atomic_store_n(&resident, bytes, __ATOMIC_RELAXED);
    lz_stats_set(&lz_stats.retained_bytes, bytes);
}

static void
link_entry(struct lz_pool_entry *entry)
{
    struct lz_pool_entry **head = &classes[lz_pool_class(entry->map_size)];

    entry->next = *head;
    if (entry->next != NULL)
        entry->next->self = &entry->next;
    entry->self = head;
    *head = entry;

    entry->newer = NULL;
    entry->older = newest;
    set_end(newest != NULL ? &newest->newer : &lz_pool_oldest, entry);
    set_end(&newest, entry);
    set_resident(resident + entry->resident);
}

static void
unlink_entry(struct lz_pool_entry *entry)
{
    *entry->self = entry->next;
    if (entry->next != NULL)
        entry->next->self = entry->self;
    set_end(entry->newer != NULL ? &entry->newer->older : &newest,
            entry->older);
    set_end(entry->older != NULL ? &entry->older->newer : &lz_pool_oldest,
            entry->newer);
    set_resident(resident - entry->resident);
}

/* Not under the lock: the system is asked the first time. */
static void
learn_budget(void)
{
    size_t bytes = lz_options.retain;

    if (__atomic_load_n(&budget, __ATOMIC_RELAXED) != 0)
        return;
    /* See lz_os_ask_nothing. */
    if (bytes == 0 && lz_options.oracle != LZ_ORACLE_MEMSET)
        bytes = lz_os_memory_size() / MEMORY_SHARE;
    __atomic_store_n(&budget, bytes == 0 ? 1 : bytes, __ATOMIC_RELAXED);
}

/*
 * For so many bytes. The second time that it matters how much memory there is,
 * the system is asked: to look at the pages of each large block at its free
 * would soon cost more.
 */
static size_t
budget_for(size_t bytes)
{
    static bool mattered;

    if (__atomic_load_n(&budget, __ATOMIC_RELAXED) == 0) {
        if (lz_options.retain != 0)
            return lz_options.retain;
        if (bytes <= BUDGET_LEAST ||
            !__atomic_exchange_n(&mattered, true, __ATOMIC_RELAXED))
            return BUDGET_LEAST;
        learn_budget();
    }
    return __atomic_load_n(&budget, __ATOMIC_RELAXED);
}

bool
lz_pool_has_room(size_t bytes)
{
    size_t kept = __atomic_load_n(&resident, __ATOMIC_RELAXED), all;

    return !__builtin_add_overflow(kept, bytes, &all) && all <= budget_for(all);
}

void
lz_pool_put(struct lz_pool_entry *entry)
{
    if (lz_options.retain != 0 || !lz_pool_has_room(entry->resident))
        learn_budget();
    lz_lock_acquire(&lock);
    link_entry(entry);
    lz_lock_release(&lock);
}

struct lz_pool_entry *
lz_pool_take(size_t map_size)
{
    size_t class = lz_pool_class(map_size);
    struct lz_pool_entry *entry;

    if (lz_pool_is_empty())
        return NULL;
    lz_lock_acquire(&lock);
    entry = classes[class];
    if (entry == NULL)
        entry = classes[class + 1];
    if (entry != NULL)
        unlink_entry(entry);
    lz_lock_release(&lock);
    return entry;
}

static bool
is_over_budget(size_t room)
{
    size_t known = __atomic_load_n(&budget, __ATOMIC_RELAXED);
    size_t most = known != 0 ? known : BUDGET_LEAST;

    return room > most || resident > most - room;
}

/* Another thread may have freed it after the caller looked at the clock. */
static bool
is_past_decay(const struct lz_pool_entry *entry, uint64_t now)
{
    uint64_t age = now > entry->freed_at ? now - entry->freed_at : 0;

    return age >= lz_options.decay_ms;
}

struct lz_pool_entry *
lz_pool_victim(size_t room)
{
    struct lz_pool_entry *entry;
    uint64_t now;

    if (lz_pool_is_empty())
        return NULL;
    now = lz_os_now();
    lz_lock_acquire(&lock);
    entry = lz_pool_oldest;
    if (entry != NULL && (is_over_budget(room) || is_past_decay(entry, now)))
        unlink_entry(entry);
    else
        entry = NULL;
    lz_lock_release(&lock);
    return entry;
}

struct lz_pool_entry *
lz_pool_remove_if(bool (*test)(const struct lz_pool_entry *entry))
{
    struct lz_pool_entry *entry;

    if (!lz_lock_try(&lock))
        return NULL;
    entry = lz_pool_oldest;
    while (entry != NULL && !test(entry))
        entry = entry->newer;
    if (entry != NULL)
        unlink_entry(entry);
    lz_lock_release(&lock);
    return entry;
}

void
lz_pool_fork_prepare(void)
{
    lz_lock_acquire(&lock);
}

void
lz_pool_fork_parent(void)
{
    lz_lock_release(&lock);
}

void
lz_pool_fork_child(void)
{
    lz_lock_reset(&lock);
}
