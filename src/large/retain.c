/* SPDX-License-Identifier: MIT */
#include "large/retain.h"

#include "control/options.h"
#include "large/pool.h"
#include "os/os.h"

/* Several processes may decide at the same moment. */
#define GROUP_SHARE 4

/*
 * This part of the memory is kept without evidence, but at least
 * LZ_RETAIN_LEAST and at most so much.
 */
#define NEGLIGIBLE_SHARE 64
#define NEGLIGIBLE_MOST (512 * LZ_MIB)

/*
 * Blocks lie at different offsets in their mappings, so that a mapping may hold
 * more than its block. And where several sizes take turns, some of what one
 * leaves has to stay while the others are in use: a 32nd of the peak more.
 */
#define SLACK LZ_MIB
#define SLACK_SHARE 32

/* Milliseconds between two questions about free memory. */
#define LOOK_EVERY 100

/*
 * If a process waited for longer than this, and for more than half of the time
 * between the free and the request, it did not use its memory meanwhile. A
 * process that never slept may still have waited for a processor.
 */
#define WAIT_MOST 10

/* All atomic. */
static size_t in_use, peak;
static size_t negligible = LZ_RETAIN_LEAST;
static size_t wanted;           /* what evidence allows */
static size_t group = SIZE_MAX; /* what the last look allowed */
static uint64_t looked_at;      /* lz_os_now; 0: never */
static uint64_t halved_at;
static uint64_t started_at; /* evidence from before does not count */
static bool reused;         /* since a kept block was last found unused */

/*
 * How many blocks of each class were let go, and when the last one was; and the
 * same for any class.
 */
#define ANY LZ_POOL_CLASSES

static struct {
    uint32_t count;
    uint64_t at;          /* lz_os_now */
    uint64_t cpu, sleeps; /* lz_os_work */
} let_go[LZ_POOL_CLASSES + 1];
static size_t let_go_bytes; /* of any class */

static size_t
load(const size_t *value)
{
    return __atomic_load_n(value, __ATOMIC_RELAXED);
}

static size_t
smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

static bool
is_auto(void)
{
    return lz_options.retain == LZ_RETAIN_AUTO;
}

static size_t
evidence_bound(void)
{
    size_t bytes = load(&wanted), without = load(&negligible);

    return bytes < without ? without : bytes + SLACK;
}

size_t
lz_retain_limit(void)
{
    size_t most = load(&peak), now = load(&in_use);

    most = (now < most ? most - now : 0) + SLACK + most / SLACK_SHARE;
    if (!is_auto())
        return smaller(most, lz_options.retain);
    return smaller(most, smaller(evidence_bound(), load(&group)));
}

void
lz_retain_look(size_t kept)
{
    uint64_t last = __atomic_load_n(&looked_at, __ATOMIC_RELAXED), now;
    size_t free_bytes;

    /* See lz_os_ask_nothing. */
    if (kept <= LZ_RETAIN_LEAST || !is_auto() ||
        lz_options.oracle == LZ_ORACLE_MEMSET)
        return;
    now = lz_os_now();
    if ((last != 0 && now - last < LOOK_EVERY) ||
        !__atomic_compare_exchange_n(&looked_at, &last, now, false,
                                     __ATOMIC_RELAXED, __ATOMIC_RELAXED))
        return;
    if (last == 0)
        lz_raise_to(&negligible, smaller(lz_os_memory_size() / NEGLIGIBLE_SHARE,
                                         NEGLIGIBLE_MOST));
    free_bytes = lz_os_memory_free();
    if (free_bytes < SIZE_MAX - kept)
        free_bytes = (free_bytes + kept) / GROUP_SHARE;
    __atomic_store_n(&group, free_bytes, __ATOMIC_RELAXED);
}

void
lz_retain_use(intptr_t bytes)
{
    size_t now = __atomic_add_fetch(&in_use, (size_t)bytes, __ATOMIC_RELAXED);

    /*
     * A count below zero is not a peak: another thread's free was counted
     * first.
     */
    if (bytes > 0 && now <= LZ_SIZE_LIMIT)
        lz_raise_to(&peak, now);
}

size_t
lz_retain_peak(void)
{
    return load(&peak);
}

void
lz_retain_held_less(size_t bytes, size_t peak_before, bool zeroed)
{
    size_t known = load(&peak), now = load(&in_use), low;

    low = known > bytes ? known - bytes : 0;
    if (zeroed)
        low *= 2;
    if (low < peak_before)
        low = peak_before;
    if (low < now && now <= LZ_SIZE_LIMIT)
        low = now;
    while (known > low &&
           !__atomic_compare_exchange_n(&peak, &known, low, true,
                                        __ATOMIC_RELAXED, __ATOMIC_RELAXED))
        continue;
}

static void
note(size_t class, const struct lz_os_work *work)
{
    __atomic_store_n(&let_go[class].at, lz_os_now(), __ATOMIC_RELAXED);
    __atomic_store_n(&let_go[class].cpu, work->cpu, __ATOMIC_RELAXED);
    __atomic_store_n(&let_go[class].sleeps, work->sleeps, __ATOMIC_RELAXED);
    __atomic_fetch_add(&let_go[class].count, 1, __ATOMIC_RELEASE);
}

void
lz_retain_let_go(size_t class, size_t bytes)
{
    struct lz_os_work work;

    /* It is a system call. */
    if (!is_auto() || lz_options.oracle == LZ_ORACLE_MEMSET)
        return;
    lz_os_work(&work);
    note(class, &work);
    note(ANY, &work);
    __atomic_fetch_add(&let_go_bytes, bytes, __ATOMIC_RELAXED);
}

/* Did the process mostly work, and not wait, since a block was let go? */
static bool
was_busy(size_t class, uint64_t gap)
{
    uint64_t cpu = __atomic_load_n(&let_go[class].cpu, __ATOMIC_RELAXED);
    uint64_t sleeps = __atomic_load_n(&let_go[class].sleeps, __ATOMIC_RELAXED);
    struct lz_os_work work;

    if (gap <= WAIT_MOST)
        return true;
    lz_os_work(&work);
    return work.sleeps == sleeps || gap <= work.cpu - cpu + WAIT_MOST + gap / 2;
}

/* Was a block of this class let go so shortly before that it was a waste? */
static bool
is_recent(size_t class)
{
    uint64_t now = lz_os_now();
    uint64_t at = __atomic_load_n(&let_go[class].at, __ATOMIC_RELAXED);
    uint64_t gap = now > at ? now - at : 0;

    return at >= __atomic_load_n(&started_at, __ATOMIC_RELAXED) &&
           gap <= lz_options.decay_ms && was_busy(class, gap);
}

static bool
take_evidence(size_t class)
{
    uint32_t count = __atomic_load_n(&let_go[class].count, __ATOMIC_ACQUIRE);

    if (LZ_LIKELY(count == 0))
        return false;
    if (!is_recent(class)) {
        __atomic_store_n(&let_go[class].count, 0, __ATOMIC_RELAXED);
        return false;
    }
    return __atomic_compare_exchange_n(&let_go[class].count, &count, count - 1,
                                       false, __ATOMIC_RELAXED,
                                       __ATOMIC_RELAXED);
}

/* How many of the bytes that were let go would have served the request. */
static size_t
take_any(size_t bytes)
{
    size_t known = load(&let_go_bytes);

    bytes = smaller(bytes, known);
    if (bytes == 0)
        return 0;
    if (!is_recent(ANY)) {
        __atomic_store_n(&let_go_bytes, 0, __ATOMIC_RELAXED);
        return 0;
    }
    __atomic_store_n(&let_go_bytes, known - bytes, __ATOMIC_RELAXED);
    return bytes;
}

/* The pool serves a class from the class itself and the next (lz_pool_take). */
void
lz_retain_fresh(size_t class, size_t bytes, bool any)
{
    if (!take_evidence(class) && !take_evidence(class + 1))
        bytes = any ? take_any(bytes) : 0;
    else
        take_any(bytes);
    if (bytes != 0)
        __atomic_store_n(&wanted, smaller(load(&wanted) + bytes, load(&peak)),
                         __ATOMIC_RELAXED);
}

void
lz_retain_reused(size_t kept)
{
    lz_raise_to(&wanted, kept);
    __atomic_store_n(&reused, true, __ATOMIC_RELAXED);
}

/* At most once in each decay time, however many blocks there were. */
void
lz_retain_unused(void)
{
    uint64_t last = __atomic_load_n(&halved_at, __ATOMIC_RELAXED);
    uint64_t now = lz_os_now();

    if (now - last < lz_options.decay_ms ||
        !__atomic_compare_exchange_n(&halved_at, &last, now, false,
                                     __ATOMIC_RELAXED, __ATOMIC_RELAXED))
        return;
    if (!__atomic_exchange_n(&reused, false, __ATOMIC_RELAXED))
        __atomic_store_n(&wanted, load(&wanted) / 2, __ATOMIC_RELAXED);
}

void
lz_retain_fork_child(void)
{
    __atomic_store_n(&started_at, lz_os_now() + 1, __ATOMIC_RELAXED);
    __atomic_store_n(&wanted, 0, __ATOMIC_RELAXED);
    __atomic_store_n(&group, SIZE_MAX, __ATOMIC_RELAXED);
    __atomic_store_n(&looked_at, 0, __ATOMIC_RELAXED);
}
