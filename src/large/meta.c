/* SPDX-License-Identifier: MIT */
#include "large/meta.h"

#include "base/assert.h"
#include "base/lock.h"
#include "os/os.h"

/*
 * Most programs need no more than these, which take no mapping and no page of
 * their own.
 */
#define FIRST_RECORDS 16

/* 256 records; of the mapping only the pages in use are ever touched. */
#define CHUNK_SIZE (64 * LZ_KIB)

struct free_record {
    struct free_record *next;
};

static struct lz_lock lock = LZ_LOCK_INITIALIZER(LZ_LOCK_META);
static struct free_record *free_records; /* guarded by lock */
static _Alignas(
    LZ_META_RECORD_SIZE) char first[FIRST_RECORDS * LZ_META_RECORD_SIZE];
static char *chunk = first; /* guarded by lock: not yet used */
static char *chunk_end = first + sizeof(first);

/*
 * Given back without the lock, so that a signal handler that interrupted it can
 * do so.
 */
static struct free_record *given_back; /* atomic */

static bool
is_record(const void *record)
{
    return ((uintptr_t)record & (LZ_META_RECORD_SIZE - 1)) == 0;
}

/* All of them at once, so that none is removed while another thread pushes. */
static void
collect(void)
{
    struct free_record *record, *next;

    if (__atomic_load_n(&given_back, __ATOMIC_RELAXED) == NULL)
        return;
    record = __atomic_exchange_n(&given_back, NULL, __ATOMIC_ACQUIRE);
    for (; record != NULL; record = next) {
        next = record->next;
        record->next = free_records;
        free_records = record;
    }
}

static void *
take(void)
{
    struct free_record *record;

    LZ_ASSERT(lz_lock_is_held(&lock));
    LZ_ASSERT(chunk <= chunk_end);
    collect();
    record = free_records;
    if (record != NULL) {
        free_records = record->next;
        return record;
    }
    if (chunk == chunk_end)
        return NULL;
    chunk += LZ_META_RECORD_SIZE;
    return chunk - LZ_META_RECORD_SIZE;
}

/*
 * The system is asked without the lock. A chunk that comes second is given
 * back.
 */
static bool
grow(void)
{
    size_t size = CHUNK_SIZE;
    char *fresh;

    if (size < lz_os_page_size())
        size = lz_os_page_size();
    fresh = lz_os_map(size, lz_os_page_size());
    if (fresh == NULL)
        return false;
    lz_lock_acquire(&lock);
    if (chunk == chunk_end) {
        chunk = fresh;
        chunk_end = fresh + size;
        fresh = NULL;
    }
    lz_lock_release(&lock);
    if (fresh != NULL)
        lz_os_unmap(fresh, size);
    return true;
}

void *
lz_meta_acquire(void)
{
    void *record;

    do {
        lz_lock_acquire(&lock);
        record = take();
        lz_lock_release(&lock);
    } while (record == NULL && grow());
    LZ_ASSERT(is_record(record));
    return record;
}

void
lz_meta_release(void *record)
{
    struct free_record *free_record = record;

    LZ_ASSERT(is_record(record));
    free_record->next = __atomic_load_n(&given_back, __ATOMIC_RELAXED);
    while (!__atomic_compare_exchange_n(&given_back, &free_record->next,
                                        free_record, true, __ATOMIC_RELEASE,
                                        __ATOMIC_RELAXED))
        continue;
}

void
lz_meta_fork_prepare(void)
{
    lz_lock_acquire(&lock);
}

bool
lz_meta_fork_try(void)
{
    return lz_lock_try(&lock);
}

void
lz_meta_fork_parent(void)
{
    lz_lock_release(&lock);
}

void
lz_meta_fork_child(void)
{
    lz_lock_reset(&lock);
}
