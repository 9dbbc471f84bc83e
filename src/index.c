/* SPDX-License-Identifier: MIT */
#include "index.h"

#include "os.h"

/*
 * 48 address bits cover user space of x86-64 and aarch64: the kernel gives
 * higher addresses only to programs that ask for them by a hint (Linux,
 * Documentation/arch/x86/x86_64/5level-paging.rst).
 */
#if UINTPTR_MAX > 0xffffffffu
#define ADDRESS_BITS 48
#define LEAF_BITS 13
#else
#define ADDRESS_BITS 32
#define LEAF_BITS 10
#endif

#define GRANULE_BITS LZ_INDEX_GRANULE_BITS
#define ROOT_BITS (ADDRESS_BITS - GRANULE_BITS - LEAF_BITS)
#define LEAF_SLOTS ((size_t)1 << LEAF_BITS)

struct leaf {
    void *slots[LEAF_SLOTS];
};

static struct leaf *root[(size_t)1 << ROOT_BITS];

static struct leaf **
root_slot(uintptr_t address)
{
    size_t at = (size_t)(address >> (GRANULE_BITS + LEAF_BITS));

    return at < sizeof(root) / sizeof(root[0]) ? &root[at] : NULL;
}

static size_t
leaf_slot(uintptr_t address)
{
    return (size_t)(address >> GRANULE_BITS) & (LEAF_SLOTS - 1);
}

static struct leaf *
find_leaf(uintptr_t address)
{
    struct leaf **slot = root_slot(address);

    return slot == NULL ? NULL : __atomic_load_n(slot, __ATOMIC_ACQUIRE);
}

/* Two threads may make the same leaf; the second one's goes back. */
static struct leaf *
make_leaf(uintptr_t address)
{
    struct leaf **slot = root_slot(address), *leaf, *other = NULL;
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

void *
lz_index_get(const void *address)
{
    struct leaf *leaf = find_leaf((uintptr_t)address);

    if (leaf == NULL)
        return NULL;
    return __atomic_load_n(&leaf->slots[leaf_slot((uintptr_t)address)],
                           __ATOMIC_ACQUIRE);
}

/* Down from the address, within the leaf. */
static void *
last_in_leaf(const struct leaf *leaf, uintptr_t *address, uintptr_t least)
{
    for (size_t at = leaf_slot(*address);; at--) {
        void *owner = __atomic_load_n(&leaf->slots[at], __ATOMIC_ACQUIRE);

        *address &= ~(LZ_INDEX_GRANULE - 1);
        if (owner != NULL || at == 0 || *address <= least)
            return owner;
        *address -= LZ_INDEX_GRANULE;
    }
}

void *
lz_index_last(uintptr_t *address, uintptr_t least)
{
    const uintptr_t leaf_span = (uintptr_t)LEAF_SLOTS << GRANULE_BITS;
    const uintptr_t highest = leaf_span * (sizeof(root) / sizeof(root[0])) - 1;

    if (least > highest)
        return NULL;
    if (*address > highest)
        *address = highest;
    for (;;) {
        const struct leaf *leaf = find_leaf(*address);
        void *owner = leaf == NULL ? NULL : last_in_leaf(leaf, address, least);

        *address &= ~((leaf == NULL ? leaf_span : LZ_INDEX_GRANULE) - 1);
        if (owner != NULL || *address <= least)
            return owner;
        *address -= LZ_INDEX_GRANULE;
    }
}

int
lz_index_set(const void *address, void *owner)
{
    struct leaf *leaf = find_leaf((uintptr_t)address);

    if (leaf == NULL && owner == NULL)
        return 0;
    if (leaf == NULL)
        leaf = make_leaf((uintptr_t)address);
    if (leaf == NULL)
        return ENOMEM;
    __atomic_store_n(&leaf->slots[leaf_slot((uintptr_t)address)], owner,
                     __ATOMIC_RELEASE);
    return 0;
}
