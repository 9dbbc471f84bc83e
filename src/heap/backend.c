/* SPDX-License-Identifier: MIT */
#include "heap/backend.h"

#include <string.h>
#include <sys/mman.h>

#include "base/assert.h"
#include "base/lock.h"
#include "control/options.h"
#include "heap/cache.h"
#include "large/index.h"
#include "large/pool.h"
#include "large/region.h"
#include "large/retain.h"
#include "large/zero.h"
#include "os/next.h"
#include "os/os.h"

/* Some of jemalloc's memory is not in the index: any pointer may be its own. */
static bool index_incomplete;

/* Bytes that jemalloc has mapped; atomic. */
static size_t mapped;

static void (*fork_prepare)(void);
static void (*fork_parent)(void);
static void (*fork_child)(void);

static void
give_up_on_index(void)
{
    __atomic_store_n(&index_incomplete, true, __ATOMIC_RELAXED);
}

/* Within jemalloc: nothing that may allocate. The next large call does it. */
static void
release(void)
{
    if (!lz_os_next_is_foreign())
        lz_region_release();
}

static void
note_heap(char *start, size_t length)
{
    size_t before = (uintptr_t)start & (LZ_INDEX_GRANULE - 1);

    __atomic_fetch_add(&mapped, length, __ATOMIC_RELAXED);
    lz_retain_use((intptr_t)length);
    release();
    /*
     * Counted by offsets, because the end of the last granule is address 0
     * where addresses have 32 bits.
     */
    for (size_t at = 0; at < before + length; at += LZ_INDEX_GRANULE) {
        if (lz_index_set(start - before + at, LZ_INDEX_HEAP) != 0)
            give_up_on_index();
    }
}

/* Only granules that are gone as a whole: a shared one remains jemalloc's. */
static void
forget_heap(char *start, size_t length)
{
    size_t at =
        lz_round_up((uintptr_t)start, LZ_INDEX_GRANULE) - (uintptr_t)start;

    __atomic_fetch_sub(&mapped, length, __ATOMIC_RELAXED);
    lz_retain_use(-(intptr_t)length);
    for (; at + LZ_INDEX_GRANULE <= length; at += LZ_INDEX_GRANULE)
        lz_index_set(start + at, NULL);
}

void *
lz_backend_mmap(void *hint, size_t length, int prot, int flags, int fd,
                off_t offset)
{
    void *p = lz_os_heap_map(hint, length, prot, flags);

    /* jemalloc calls with locks of its own, which stand above ours. */
    LZ_ASSERT(LZ_LOCK_HELD == 0);
    (void)fd; /* anonymous, always */
    (void)offset;
    /* Release pooled regions before a mapping for the heap fails. */
    if (p == MAP_FAILED && lz_region_release_all() != 0)
        p = lz_os_heap_map(hint, length, prot, flags);
    if (p != MAP_FAILED)
        note_heap(p, length);
    return p;
}

int
lz_backend_munmap(void *start, size_t length)
{
    /*
     * Before the unmapping: afterwards, the address may belong to another
     * thread's mapping.
     */
    LZ_ASSERT(LZ_LOCK_HELD == 0);
    forget_heap(start, length);
    lz_backend_mutex_unmap(start, length);
    /*
     * The system refuses, since it would be one mapping more than it allows
     * (munmap(2)). The mapping stays, without its pages.
     */
    if (lz_os_heap_unmap(start, length) != 0)
        lz_os_discard(start, length);
    return 0;
}

int
lz_backend_madvise(void *start, size_t length, int advice)
{
    return lz_os_heap_advise(start, length, advice);
}

void *
lz_backend_sbrk(intptr_t increment)
{
    void *p = lz_os_heap_break(increment);

    if (p != (void *)-1 && increment > 0)
        note_heap(p, (size_t)increment);
    return p;
}

static bool ready; /* atomic: jemalloc's start is over */

void
lz_backend_set_ready(void)
{
    __atomic_store_n(&ready, true, __ATOMIC_RELAXED);
}

int
lz_backend_clock_gettime(clockid_t clock, struct timespec *now)
{
    /* While jemalloc starts, the call would wait for itself. */
    bool early = !__atomic_load_n(&ready, __ATOMIC_RELAXED);

    /*
     * jemalloc asks now and then while it is used, which makes it the clock of
     * a busy process.
     */
    if (LZ_UNLIKELY(!lz_pool_is_empty()))
        release();
    return lz_os_heap_clock(clock, now, early);
}

/* libfaketime's function allocates. jemalloc passes no attributes. */
int
lz_backend_cond_init(pthread_cond_t *condition, const pthread_condattr_t *none)
{
    (void)none;
    *condition = (pthread_cond_t)PTHREAD_COND_INITIALIZER;
    return 0;
}

void *
lz_backend_memset(void *p, int c, size_t n)
{
    return lz_zero_fill(p, c, n);
}

bool
lz_backend_may_zero(void)
{
    return !__atomic_load_n(&index_incomplete, __ATOMIC_RELAXED);
}

bool
lz_backend_is_ours_alone(void)
{
    return true;
}

bool
lz_backend_owns(const void *p)
{
    const void *owner = lz_index_get(p);

    return (owner != NULL && !lz_index_is_record(owner)) ||
           __atomic_load_n(&index_incomplete, __ATOMIC_RELAXED);
}

/*
 * With these names a program gets an arena of its own, or gives jemalloc memory
 * that we did not map.
 */
static void
watch(const char *name, bool writes)
{
    bool creates = strcmp(name, "arenas.create") == 0 ||
                   strcmp(name, "experimental.arenas_create_ext") == 0;

    if (creates)
        lz_cache_stop();
    if (writes && (creates || strstr(name, "extent_hooks") != NULL))
        give_up_on_index();
}

int
lz_backend_mallctl(const char *name, void *old, size_t *old_size, void *fresh,
                   size_t fresh_size)
{
    watch(name, fresh != NULL);
    return je_mallctl(name, old, old_size, fresh, fresh_size);
}

/*
 * A thread's first call of jemalloc may map an arena for it. jemalloc 5.3 does
 * not survive it when that fails. It maps 2 MiB, or 4 for the alignment.
 */
#define ARENA_ROOM (8 * LZ_MIB)

static bool
has_room_for_arena(void)
{
    void *p = lz_os_heap_map(NULL, ARENA_ROOM, PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_ANONYMOUS);

    return p != MAP_FAILED && lz_os_heap_unmap(p, ARENA_ROOM) == 0;
}

/* The statistics are as of the last epoch: jemalloc(3). */
size_t
lz_backend_unused(void)
{
    uint64_t epoch = 1;
    size_t pages = 0, size = sizeof(pages);

    if (!has_room_for_arena() ||
        je_mallctl("epoch", NULL, NULL, &epoch, sizeof(epoch)) != 0 ||
        je_mallctl("stats.arenas.4096.pdirty", &pages, &size, NULL, 0) != 0)
        return 0;
    return pages * lz_os_page_size() + lz_cache_bytes();
}

/* 4096 is MALLCTL_ARENAS_ALL: every arena gives back what it keeps. */
bool
lz_backend_trim(void)
{
    bool any = lz_cache_flush();

    return je_mallctl("arena.4096.purge", NULL, NULL, NULL, 0) == 0 || any;
}

/*
 * jemalloc keeps freed pages for 10 s. In a cgroup with little more memory than
 * the program needs, they and fresh large blocks may not both fit. So after
 * fresh large blocks of a sixteenth of the memory, the heap gives its unused
 * pages back. A heap of up to 16 MiB is left alone: that is too little to
 * matter.
 */
#define MAKE_ROOM_LEAST (16 * LZ_MIB)
#define MAKE_ROOM_SHARE 16

void
lz_backend_make_room(size_t n)
{
    static size_t fresh, share; /* atomic; share is 0 until it is known */
    size_t all = __atomic_add_fetch(&fresh, n, __ATOMIC_RELAXED);
    size_t most = __atomic_load_n(&share, __ATOMIC_RELAXED);

    if (LZ_LIKELY(__atomic_load_n(&mapped, __ATOMIC_RELAXED) < MAKE_ROOM_LEAST))
        return;
    if (most == 0) {
        /* See lz_os_ask_nothing. */
        if (lz_options.oracle != LZ_ORACLE_MEMSET)
            most = lz_os_memory_size();
        most = most == 0 ? SIZE_MAX : most / MAKE_ROOM_SHARE + 1;
        __atomic_store_n(&share, most, __ATOMIC_RELAXED);
    }
    if (all < most)
        return;
    __atomic_store_n(&fresh, 0, __ATOMIC_RELAXED);
    lz_backend_trim();
}

/* What the program will do with the MIB is unknown: assume a write. */
int
lz_backend_mallctlnametomib(const char *name, size_t *mib, size_t *length)
{
    watch(name, true);
    return je_mallctlnametomib(name, mib, length);
}

void
lz_backend_set_fork_handlers(void (*prepare)(void), void (*parent)(void),
                             void (*child)(void))
{
    fork_prepare = prepare;
    fork_parent = parent;
    fork_child = child;
}

void
lz_backend_fork_prepare(void)
{
    fork_prepare();
}

void
lz_backend_fork_parent(void)
{
    fork_parent();
}

void
lz_backend_fork_child(void)
{
    lz_backend_mutex_fork_child();
    fork_child();
}
