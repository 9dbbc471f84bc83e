/* SPDX-License-Identifier: MIT */
#include "large/pool.h"

#include "base/assert.h"
#include "base/lock.h"
#include "control/options.h"
#include "control/stats.h"
#include "large/index.h"
#include "large/place.h"
#include "os/os.h"

#define GRANULE LZ_INDEX_GRANULE
#define CLASSES_PER_DOUBLING 8

static struct lz_lock lock = LZ_LOCK_INITIALIZER(LZ_LOCK_POOL);

/* All guarded by lock. */
static struct lz_pool_entry *classes[LZ_POOL_CLASSES + 1];
struct lz_pool_entry *lz_pool_oldest;
static struct lz_pool_entry *newest;
static size_t resident;

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

/*
 * The two ends are also read without the lock, to see whether the pool is
 * empty.
 */
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

/* For asserts: both orders hold the same entries, and the sum is theirs. */
static bool
is_whole(void)
{
    struct lz_pool_entry *last = NULL;
    size_t sum = 0, count = 0, in_classes = 0;

    for (struct lz_pool_entry *e = lz_pool_oldest; e != NULL; e = e->newer) {
        if (e->older != last || *e->self != e)
            return false;
        sum += e->resident;
        count++;
        last = e;
    }
    for (size_t class = 0; class <= LZ_POOL_CLASSES; class ++) {
        for (struct lz_pool_entry *e = classes[class]; e != NULL; e = e->next)
            in_classes += lz_pool_class(e->map_size) == class;
    }
    return last == newest && sum == resident && count == in_classes;
}

static bool
ends_agree(void)
{
    return lz_lock_is_held(&lock) &&
           (newest == NULL) == (lz_pool_oldest == NULL);
}

static void
link_class(struct lz_pool_entry *entry)
{
    struct lz_pool_entry **head = &classes[lz_pool_class(entry->map_size)];

    LZ_ASSERT(lz_lock_is_held(&lock));
    LZ_ASSERT(lz_pool_class(entry->map_size) <= LZ_POOL_CLASSES);
    LZ_ASSERT(*head == NULL || (*head)->self == head);
    LZ_ASSERT(resident + entry->resident >= resident);
    entry->next = *head;
    if (entry->next != NULL)
        entry->next->self = &entry->next;
    entry->self = head;
    *head = entry;
    set_resident(resident + entry->resident);
}

static void
link_newest(struct lz_pool_entry *entry)
{
    LZ_ASSERT(ends_agree());
    LZ_ASSERT(newest == NULL || newest->newer == NULL);
    entry->newer = NULL;
    entry->older = newest;
    set_end(newest != NULL ? &newest->newer : &lz_pool_oldest, entry);
    set_end(&newest, entry);
}

static void
link_oldest(struct lz_pool_entry *entry)
{
    LZ_ASSERT(ends_agree());
    LZ_ASSERT(lz_pool_oldest == NULL || lz_pool_oldest->older == NULL);
    entry->older = NULL;
    entry->newer = lz_pool_oldest;
    set_end(lz_pool_oldest != NULL ? &lz_pool_oldest->older : &newest, entry);
    set_end(&lz_pool_oldest, entry);
}

static void
unlink_entry(struct lz_pool_entry *entry)
{
    LZ_ASSERT(ends_agree());
    LZ_ASSERT(*entry->self == entry);
    LZ_ASSERT(entry->older == NULL ? lz_pool_oldest == entry
                                   : entry->older->newer == entry);
    LZ_ASSERT(entry->newer == NULL ? newest == entry
                                   : entry->newer->older == entry);
    LZ_ASSERT(resident >= entry->resident);
    LZ_ASSERT(is_whole());
    *entry->self = entry->next;
    if (entry->next != NULL)
        entry->next->self = entry->self;
    set_end(entry->newer != NULL ? &entry->newer->older : &newest,
            entry->older);
    set_end(entry->older != NULL ? &entry->older->newer : &lz_pool_oldest,
            entry->newer);
    set_resident(resident - entry->resident);
}

size_t
lz_pool_resident(void)
{
    return __atomic_load_n(&resident, __ATOMIC_RELAXED);
}

void
lz_pool_put(struct lz_pool_entry *entry)
{
    lz_lock_acquire(&lock);
    link_class(entry);
    link_newest(entry);
    lz_lock_release(&lock);
}

void
lz_pool_put_oldest(struct lz_pool_entry *entry)
{
    lz_lock_acquire(&lock);
    link_class(entry);
    link_oldest(entry);
    lz_lock_release(&lock);
}

/*
 * The parts of a block that was split are not as long as a class. So a few
 * entries of the class below are looked at.
 */
#define LOOKS 8

static struct lz_pool_entry *
find_between(size_t class, size_t n, unsigned node)
{
    struct lz_pool_entry *entry = classes[class];

    for (int i = 0; i < LOOKS && entry != NULL; i++, entry = entry->next) {
        if (entry->map_size >= n && entry->node == node)
            return entry;
    }
    return NULL;
}

/* The newest one of the class. */
static struct lz_pool_entry *
find_newest(size_t class, unsigned node)
{
    struct lz_pool_entry *entry = classes[class];

    while (LZ_UNLIKELY(entry != NULL && entry->node != node))
        entry = entry->next;
    return entry;
}

struct lz_pool_entry *
lz_pool_take(size_t n)
{
    size_t class = lz_pool_class(lz_pool_class_size(n));
    struct lz_pool_entry *entry;
    unsigned node;

    if (lz_pool_is_empty())
        return NULL;
    node = lz_place_node();
    lz_lock_acquire(&lock);
    entry = find_between(lz_pool_class(n), n, node);
    if (entry == NULL)
        entry = find_newest(class, node);
    if (entry == NULL)
        entry = find_newest(class + 1, node);
    if (entry != NULL)
        unlink_entry(entry);
    lz_lock_release(&lock);
    return entry;
}

/* The newest one that holds so many bytes, of the newest few. */
static struct lz_pool_entry *
find_warm(size_t class, size_t least, unsigned node)
{
    struct lz_pool_entry *entry = classes[class];

    for (int i = 0; i < LOOKS && entry != NULL; i++, entry = entry->next) {
        if (entry->resident >= least && entry->node == node)
            return entry;
    }
    return NULL;
}

/* An entry of the first class that has one; both ends are included. */
static struct lz_pool_entry *
take_from(size_t first, size_t last, size_t least)
{
    struct lz_pool_entry *entry = NULL;
    size_t step = first <= last ? 1 : SIZE_MAX; /* up, or down */
    unsigned node;

    if (lz_pool_is_empty())
        return NULL;
    node = lz_place_node();
    lz_lock_acquire(&lock);
    for (size_t class = first; entry == NULL; class += step) {
        entry = find_warm(class, least, node);
        if (class == last)
            break;
    }
    if (entry != NULL)
        unlink_entry(entry);
    lz_lock_release(&lock);
    return entry;
}

struct lz_pool_entry *
lz_pool_take_larger(size_t n)
{
    size_t class = lz_pool_class(lz_pool_class_size(n)) + 2;

    return class > LZ_POOL_CLASSES ? NULL
                                   : take_from(class, LZ_POOL_CLASSES, n / 2);
}

struct lz_pool_entry *
lz_pool_take_smaller(size_t n, size_t least)
{
    size_t class = lz_pool_class(n), last = lz_pool_class(least);

    return class < last ? NULL : take_from(class, last, 0);
}

/* Another thread may have freed it after the caller read the clock. */
static uint64_t
age_of(const struct lz_pool_entry *entry, uint64_t now)
{
    return now > entry->freed_at ? now - entry->freed_at : 0;
}

bool
lz_pool_is_past(const struct lz_pool_entry *entry)
{
    return age_of(entry, lz_os_now()) >= lz_options.decay_ms;
}

static struct lz_pool_entry *
take_victim(size_t most, uint64_t now)
{
    struct lz_pool_entry *entry = lz_pool_oldest;

    if (entry == NULL ||
        (resident <= most && age_of(entry, now) < lz_options.decay_ms))
        return NULL;
    unlink_entry(entry);
    return entry;
}

struct lz_pool_entry *
lz_pool_victim(size_t most)
{
    struct lz_pool_entry *entry;
    uint64_t now;

    if (lz_pool_is_empty())
        return NULL;
    now = lz_os_now();
    lz_lock_acquire(&lock);
    entry = take_victim(most, now);
    lz_lock_release(&lock);
    return entry;
}

struct lz_pool_entry *
lz_pool_try_victim(size_t most)
{
    struct lz_pool_entry *entry;
    uint64_t now = lz_os_now();

    if (lz_pool_is_empty() || !lz_lock_try(&lock))
        return NULL;
    entry = take_victim(most, now);
    lz_lock_release(&lock);
    return entry;
}

struct lz_pool_entry *
lz_pool_take_oldest(void)
{
    struct lz_pool_entry *entry;

    if (lz_pool_is_empty())
        return NULL;
    lz_lock_acquire(&lock);
    entry = lz_pool_oldest;
    if (entry != NULL)
        unlink_entry(entry);
    lz_lock_release(&lock);
    return entry;
}

unsigned
lz_pool_due(void)
{
    uint64_t age = 0, now = lz_os_now();

    if (lz_pool_is_empty())
        return 0;
    if (!lz_lock_try(&lock))
        return 1;
    if (lz_pool_oldest != NULL)
        age = age_of(lz_pool_oldest, now);
    lz_lock_release(&lock);
    return age >= lz_options.decay_ms ? 1
                                      : (unsigned)(lz_options.decay_ms - age);
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

bool
lz_pool_fork_try(void)
{
    return lz_lock_try(&lock);
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
