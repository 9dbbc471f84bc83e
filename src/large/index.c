/* SPDX-License-Identifier: MIT */
#include "large/index.h"

#include "base/assert.h"
#include "os/os.h"

/*
 * 48 address bits cover user space of x86-64 and aarch64: the kernel gives
 * higher addresses only to programs that ask for them by a hint (Linux,
 * Documentation/arch/x86/x86_64/5level-paging.rst).
 */
#define LEAF_BITS LZ_INDEX_LEAF_BITS
#define GRANULE LZ_INDEX_GRANULE
#define GRANULE_BITS LZ_INDEX_GRANULE_BITS
#define ROOT_SLOTS ((size_t)1 << LZ_INDEX_ROOT_BITS)
#define LEAF_SLOTS LZ_INDEX_LEAF_SLOTS
#define LEAF_SPAN (LEAF_SLOTS << GRANULE_BITS)
#define GROUP_SLOTS LZ_INDEX_GROUP_SLOTS
#define GROUP_SPAN (GROUP_SLOTS << GRANULE_BITS)
#define GROUPS (LEAF_SLOTS / GROUP_SLOTS)

struct lz_index_leaf *lz_index_root[ROOT_SLOTS];
static void *leaf_owners[ROOT_SLOTS]; /* the owner of all of a leaf, or NULL */

static size_t
root_number(uintptr_t address)
{
    return (size_t)(address >> (GRANULE_BITS + LEAF_BITS));
}

static struct lz_index_leaf **
root_slot(uintptr_t address)
{
    size_t at = root_number(address);

    return at < ROOT_SLOTS ? &lz_index_root[at] : NULL;
}

static size_t
leaf_slot(uintptr_t address)
{
    return (size_t)(address >> GRANULE_BITS) & (LEAF_SLOTS - 1);
}

static struct lz_index_leaf *
find_leaf(uintptr_t address)
{
    struct lz_index_leaf **slot = root_slot(address);

    return slot == NULL ? NULL : __atomic_load_n(slot, __ATOMIC_ACQUIRE);
}

/* Two threads may make the same leaf. The second one's is given back. */
static struct lz_index_leaf *
make_leaf(uintptr_t address)
{
    struct lz_index_leaf **slot = root_slot(address), *leaf, *other = NULL;
    size_t size = lz_round_up(sizeof(*leaf), lz_os_page_size());

    if (slot == NULL)
        return NULL;
    leaf = lz_os_map(size, lz_os_page_size());
    if (leaf == NULL)
        return NULL;
    if (__atomic_compare_exchange_n(slot, &other, leaf, false, __ATOMIC_ACQ_REL,
                                    __ATOMIC_ACQUIRE))
        return leaf;
    lz_os_unmap(leaf, size);
    return other;
}

/* Of a unit that was noted as a whole. NULL: of none. */
static LZ_COLD void *
owner_of_unit(uintptr_t address, const struct lz_index_leaf *leaf)
{
    size_t at = root_number(address);
    void *owner = NULL;

    if (at < ROOT_SLOTS)
        owner = __atomic_load_n(&leaf_owners[at], __ATOMIC_ACQUIRE);
    if (owner == NULL && leaf != NULL)
        owner = __atomic_load_n(&leaf->groups[leaf_slot(address) / GROUP_SLOTS],
                                __ATOMIC_ACQUIRE);
    return owner;
}

void *
lz_index_get(const void *address)
{
    uintptr_t at = (uintptr_t)address;
    void *owner = lz_index_slot(address);

    return LZ_LIKELY(owner != NULL) ? owner : owner_of_unit(at, find_leaf(at));
}

/*
 * Counted before it is set and until after it is cleared, so that no slot is
 * skipped.
 */
static void
store(struct lz_index_leaf *leaf, size_t slot, void *owner)
{
    uint16_t *owners = &leaf->owners[slot / GROUP_SLOTS];
    void *before;

    LZ_ASSERT(slot < LEAF_SLOTS);
    if (lz_index_is_record(owner))
        __atomic_fetch_add(owners, 1, __ATOMIC_RELAXED);
    before = __atomic_exchange_n(&leaf->slots[slot], owner, __ATOMIC_ACQ_REL);
    if (lz_index_is_record(before))
        __atomic_fetch_sub(owners, 1, __ATOMIC_RELAXED);
    LZ_ASSERT(__atomic_load_n(owners, __ATOMIC_RELAXED) <= 2 * GROUP_SLOTS);
}

static struct lz_index_leaf *
find_or_make_leaf(uintptr_t address)
{
    struct lz_index_leaf *leaf = find_leaf(address);

    return leaf != NULL ? leaf : make_leaf(address);
}

int
lz_index_set(const void *address, void *owner)
{
    struct lz_index_leaf *leaf = find_leaf((uintptr_t)address);

    if (leaf == NULL && owner == NULL)
        return 0;
    if (leaf == NULL)
        leaf = make_leaf((uintptr_t)address);
    if (leaf == NULL)
        return ENOMEM;
    store(leaf, leaf_slot((uintptr_t)address), owner);
    return 0;
}

static bool
fills(uintptr_t at, uintptr_t end, size_t span)
{
    return (at & (span - 1)) == 0 && end - at >= span;
}

/* Sets the largest unit that begins at `at` and ends by `end`: its size. */
static size_t
set_unit(uintptr_t at, uintptr_t end, void *owner)
{
    struct lz_index_leaf *leaf;

    if (fills(at, end, LEAF_SPAN) && root_number(at) < ROOT_SLOTS) {
        __atomic_store_n(&leaf_owners[root_number(at)], owner,
                         __ATOMIC_RELEASE);
        return LEAF_SPAN;
    }
    leaf = owner == NULL ? find_leaf(at) : find_or_make_leaf(at);
    if (leaf == NULL)
        return owner == NULL ? GRANULE : 0;
    if (!fills(at, end, GROUP_SPAN)) {
        store(leaf, leaf_slot(at), owner);
        return GRANULE;
    }
    __atomic_store_n(&leaf->groups[leaf_slot(at) / GROUP_SLOTS], owner,
                     __ATOMIC_RELEASE);
    return GROUP_SPAN;
}

int
lz_index_set_span(const void *start, size_t length, void *owner)
{
    uintptr_t from = (uintptr_t)start, at = from;
    size_t step;

    LZ_ASSERT(from % GRANULE == 0 && length % GRANULE == 0 && length != 0);
    LZ_ASSERT(owner == NULL || lz_index_is_record(owner));
    /*
     * The first granule always has its own slot, even if a larger unit covers
     * it.
     */
    if (lz_index_set(start, owner) != 0)
        return ENOMEM;
    for (; at - from < length; at += step) {
        step = set_unit(at, from + length, owner);
        if (step == 0) {
            lz_index_set_span(start, at - from, NULL);
            lz_index_set(start, NULL);
            return ENOMEM;
        }
    }
    return 0;
}

static bool
clear(void **slot, void *owner)
{
    return __atomic_compare_exchange_n(slot, &owner, NULL, false,
                                       __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

static void
clear_slot(uintptr_t at, void *owner)
{
    struct lz_index_leaf *leaf = find_leaf(at);
    size_t slot = leaf_slot(at);

    if (leaf != NULL && clear(&leaf->slots[slot], owner))
        __atomic_fetch_sub(&leaf->owners[slot / GROUP_SLOTS], 1,
                           __ATOMIC_RELAXED);
}

/* As set_unit. */
static size_t
clear_unit(uintptr_t at, uintptr_t end, void *owner)
{
    struct lz_index_leaf *leaf = find_leaf(at);

    if (fills(at, end, LEAF_SPAN) && root_number(at) < ROOT_SLOTS) {
        clear(&leaf_owners[root_number(at)], owner);
        return LEAF_SPAN;
    }
    if (!fills(at, end, GROUP_SPAN)) {
        clear_slot(at, owner);
        return GRANULE;
    }
    if (leaf != NULL)
        clear(&leaf->groups[leaf_slot(at) / GROUP_SLOTS], owner);
    return GROUP_SPAN;
}

void
lz_index_clear_span(const void *start, size_t length, void *owner)
{
    uintptr_t from = (uintptr_t)start, at = from;

    LZ_ASSERT(from % GRANULE == 0 && length % GRANULE == 0 && length != 0);
    clear_slot(from, owner);
    while (at - from < length)
        at += clear_unit(at, from + length, owner);
}

/*
 * The owner at that address. NULL: there is none, and for how many bytes is in
 * *step.
 */
static void *
owner_at(uintptr_t address, size_t *step)
{
    size_t at = root_number(address), slot = leaf_slot(address);
    void *owner = __atomic_load_n(&leaf_owners[at], __ATOMIC_ACQUIRE);
    const struct lz_index_leaf *leaf = find_leaf(address);

    *step = LEAF_SPAN;
    if (owner != NULL || leaf == NULL)
        return owner;
    *step = GROUP_SPAN;
    owner =
        __atomic_load_n(&leaf->groups[slot / GROUP_SLOTS], __ATOMIC_ACQUIRE);
    if (owner != NULL || __atomic_load_n(&leaf->owners[slot / GROUP_SLOTS],
                                         __ATOMIC_RELAXED) == 0)
        return owner;
    *step = GRANULE;
    owner = __atomic_load_n(&leaf->slots[slot], __ATOMIC_ACQUIRE);
    return lz_index_is_record(owner) ? owner : NULL;
}

void *
lz_index_first(uintptr_t *address, uintptr_t end)
{
    size_t step;

    while (*address < end && root_number(*address) < ROOT_SLOTS) {
        void *owner = owner_at(*address, &step);

        if (owner != NULL)
            return owner;
        *address = lz_round_down(*address, step) + step;
        if (*address == 0)
            return NULL;
    }
    return NULL;
}
