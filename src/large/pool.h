/* SPDX-License-Identifier: MIT */
/*
 * Freed mappings whose pages are kept: which one to reuse, which one to
 * release.
 *
 * Two orders on one set of entries: by class (the mapping's size), most
 * recently freed first, for reuse; and by time, oldest first, for release. The
 * pool never touches a mapping and makes no system call under its lock: it
 * hands victims to its caller, who unmaps them. How much may be kept is the
 * caller's decision (retain.h).
 *
 * Thread safe.
 */
#ifndef LZ_POOL_H
#define LZ_POOL_H

#include "base/util.h"

struct lz_pool_entry {
    struct lz_pool_entry *next;  /* meta's, while the record is free */
    struct lz_pool_entry **self; /* what points here in the class's list */
    struct lz_pool_entry *newer, *older;
    char *map;         /* set by the owner: the mapping, and its size */
    size_t map_size;   /* a multiple of the granule */
    size_t resident;   /* set by the owner: bytes that may be resident */
    uint64_t freed_at; /* set by the owner: lz_os_now */
    unsigned node;     /* set by the owner: lz_place_node of its pages */
};

/*
 * The size class for n bytes: a multiple of the granule, about eight classes a
 * doubling. The slack is address space, never memory.
 */
size_t lz_pool_class_size(size_t n);

/* The number of the class of that size, below LZ_POOL_CLASSES. */
size_t lz_pool_class(size_t map_size);

/* 16, and 8 for each doubling from 32 MiB to 2^64 bytes, rounded up. */
#define LZ_POOL_CLASSES 400

/* The oldest entry, or NULL; atomic, for lz_pool_is_empty. */
extern LZ_HIDDEN struct lz_pool_entry *lz_pool_oldest;

/* One load: the calls that wait ask it each time (idle.h). */
static inline bool
lz_pool_is_empty(void)
{
    return __atomic_load_n(&lz_pool_oldest, __ATOMIC_SEQ_CST) == NULL;
}

/* Bytes that may be resident in all entries. */
size_t lz_pool_resident(void);

/* Keeps it. The entry is the pool's until one of the functions takes it. */
void lz_pool_put(struct lz_pool_entry *entry);

/* Puts back a victim of which a part may stay. It is the oldest entry again. */
void lz_pool_put_oldest(struct lz_pool_entry *entry);

/*
 * Takes an entry of at least n bytes (a multiple of the granule), at most one
 * class above that of lz_pool_class_size(n). The shortest class comes first,
 * and within a class the most recently freed entry. Entries of another node
 * than the caller's (place.h) are passed over. NULL if there is none.
 */
struct lz_pool_entry *lz_pool_take(size_t n);

/*
 * If that finds none. The first function takes an entry of the next larger
 * class that has one of which at least n / 2 bytes are resident. The second
 * takes one of the class of n, or of the next smaller class that has one, down
 * to the class of `least`. NULL if there is none.
 */
struct lz_pool_entry *lz_pool_take_larger(size_t n);
struct lz_pool_entry *lz_pool_take_smaller(size_t n, size_t least);

/*
 * The oldest entry, removed from the pool, if it is past the decay time or the
 * pool holds more than `most` bytes; else NULL. Cheap when there is nothing to
 * do. Call until NULL.
 */
struct lz_pool_entry *lz_pool_victim(size_t most);

/* The same, but NULL where another thread, or this one, holds the lock. */
struct lz_pool_entry *lz_pool_try_victim(size_t most);

/* The oldest entry, removed from the pool; NULL when there is none. */
struct lz_pool_entry *lz_pool_take_oldest(void);

/*
 * Milliseconds until the oldest entry is past the decay time, at least 1; 0
 * when nothing is kept. Waits for no lock: 1 where somebody holds it.
 */
unsigned lz_pool_due(void);

/* Is the entry past the decay time? */
bool lz_pool_is_past(const struct lz_pool_entry *entry);

/*
 * Takes the oldest entry for which the test is true. NULL if there is none, and
 * also if somebody holds the lock: in a fork child, that may be the call that
 * the fork interrupted. The lock is held during the tests.
 */
struct lz_pool_entry *
lz_pool_remove_if(bool (*test)(const struct lz_pool_entry *entry));

/* See init.c. */
void lz_pool_fork_prepare(void);
bool lz_pool_fork_try(void); /* the same without a wait */
void lz_pool_fork_parent(void);
void lz_pool_fork_child(void);

#endif
