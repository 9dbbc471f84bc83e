/* SPDX-License-Identifier: MIT */
#include "heap/live.h"

#include "control/log.h"
#include "os/os.h"

/*
 * As in index.c: the addresses of user space, unless a program asks for more.
 */
#if UINTPTR_MAX > 0xffffffffu
#define ADDRESS_BITS 48
#else
#define ADDRESS_BITS 32
#endif

/*
 * The smallest alignment of a block is 8; so a byte stands for 64. The bits of
 * 2 MiB lie together, and two levels of tables lead there.
 */
#define LEAF_BITS 21
#define LEAF_SIZE ((size_t)1 << (LEAF_BITS - 6))
#define TABLE_BITS ((ADDRESS_BITS - LEAF_BITS + 1) / 2)
#define TABLE_SLOTS ((size_t)1 << TABLE_BITS)
#define TABLE_SIZE (TABLE_SLOTS * sizeof(void *))

/* Blocks of the dynamic linker and of constructors; a dozen were seen. */
#define EARLY_MOST 512

enum lz_live_mode lz_live_mode;

static void *root;
static const char no_space[] = "the system refuses the address space";
static const void *early[EARLY_MOST]; /* atomic, each */
static size_t early_count;            /* atomic */

static LZ_COLD bool
give_up(const char *lack)
{
    __atomic_store_n(&lz_live_mode, LZ_LIVE_OFF, __ATOMIC_RELEASE);
    lz_log("LAZYZERO_CHECK: %s; small blocks are not checked", lack);
    return false;
}

/* Two threads may make the same piece. The second one's is given back. */
static void *
make(void **slot, size_t size)
{
    size_t length = lz_round_up(size, lz_os_page_size());
    void *fresh = lz_os_map(length, lz_os_page_size()), *other = NULL;

    if (fresh == NULL)
        return NULL;
    lz_os_keep_out_of_dumps(fresh, length);
    if (__atomic_compare_exchange_n(slot, &other, fresh, false,
                                    __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
        return fresh;
    lz_os_unmap(fresh, length);
    return other;
}

static void *
table_below(void **slot, size_t size, bool wanted)
{
    void *known = __atomic_load_n(slot, __ATOMIC_ACQUIRE);

    return known != NULL || !wanted ? known : make(slot, size);
}

/* The byte for that address; NULL: nothing was noted near it. */
static unsigned char *
byte_of(const void *p, bool wanted)
{
    uintptr_t granule = (uintptr_t)p >> LEAF_BITS;
    void **table = table_below(&root, TABLE_SIZE, wanted);
    unsigned char *leaf = NULL;

    if (table != NULL)
        table = table_below(&table[granule >> TABLE_BITS], TABLE_SIZE, wanted);
    if (table != NULL)
        leaf =
            table_below(&table[granule & (TABLE_SLOTS - 1)], LEAF_SIZE, wanted);
    return leaf == NULL ? NULL : &leaf[(uintptr_t)p >> 6 & (LEAF_SIZE - 1)];
}

static unsigned char
bit_of(const void *p)
{
    return (unsigned char)(1u << ((uintptr_t)p >> 3 & 7));
}

static bool
is_covered(const void *p)
{
    return (uint64_t)(uintptr_t)p >> (ADDRESS_BITS - 1) >> 1 == 0;
}

void
lz_live_note(const void *p)
{
    unsigned char *byte;
    size_t at;

    if (lz_live_mode == LZ_LIVE_ON) {
        byte = is_covered(p) ? byte_of(p, true) : NULL;
        if (byte != NULL)
            __atomic_fetch_or(byte, bit_of(p), __ATOMIC_RELAXED);
        else if (is_covered(p))
            give_up(no_space);
        return;
    }
    at = __atomic_fetch_add(&early_count, 1, __ATOMIC_RELAXED);
    if (at < EARLY_MOST)
        __atomic_store_n(&early[at], p, __ATOMIC_RELEASE);
}

bool
lz_live_has(const void *p)
{
    const unsigned char *byte;

    if (lz_live_mode != LZ_LIVE_ON || !is_covered(p))
        return true;
    byte = byte_of(p, false);
    return byte != NULL && ((uintptr_t)p & 7) == 0 &&
           (__atomic_load_n(byte, __ATOMIC_RELAXED) & bit_of(p)) != 0;
}

bool
lz_live_take(const void *p)
{
    if (!lz_live_has(p))
        return false;
    if (lz_live_mode == LZ_LIVE_ON && is_covered(p))
        return (__atomic_fetch_and(byte_of(p, false), (unsigned char)~bit_of(p),
                                   __ATOMIC_RELAXED) &
                bit_of(p)) != 0;
    for (size_t i = 0; i < EARLY_MOST; i++) {
        if (__atomic_load_n(&early[i], __ATOMIC_ACQUIRE) == p)
            __atomic_store_n(&early[i], NULL, __ATOMIC_RELEASE);
    }
    return true;
}

static bool
is_possible(void)
{
    if (early_count > EARLY_MOST)
        return give_up("the program allocated too much before the library "
                       "started");
    return table_below(&root, TABLE_SIZE, true) != NULL || give_up(no_space);
}

void
lz_live_start(bool wanted)
{
    if (!wanted || !is_possible()) {
        __atomic_store_n(&lz_live_mode, LZ_LIVE_OFF, __ATOMIC_RELEASE);
        return;
    }
    __atomic_store_n(&lz_live_mode, LZ_LIVE_ON, __ATOMIC_RELEASE);
    for (size_t i = 0; i < EARLY_MOST; i++) {
        const void *p = __atomic_load_n(&early[i], __ATOMIC_ACQUIRE);

        if (p != NULL)
            lz_live_note(p);
    }
}
