/* SPDX-License-Identifier: MIT */
/* wrap: lz_os_map */
/* The index against a list of what was set, with refused leaves in between. */
#include "large/index.h"

#include "fuzz.h"
#include "os/os.h"

#define SLOTS 64
#define LIMIT ((uint64_t)1 << 48)

static struct slot {
    uint64_t granule;
    void *owner;
} slots[SLOTS];
static size_t count;
static bool refuse;

void *__wrap_lz_os_map(size_t length, size_t align);
void *__real_lz_os_map(size_t length, size_t align);

void *
__wrap_lz_os_map(size_t length, size_t align)
{
    return refuse ? NULL : __real_lz_os_map(length, align);
}

/* Near each other or far apart, to the ends of the address space. */
static uint64_t
next_address(void)
{
    unsigned how = input_byte();
    uint64_t word = input_word();

    switch (how % 4) {
    case 0:
        return (word % 16) * LZ_INDEX_GRANULE + word % 4096;
    case 1:
        return word % LIMIT;
    case 2:
        return (uint64_t)0 - word % (LIMIT >> 8);
    default:
        return count == 0 ? word : slots[word % count].granule + word % 4096;
    }
}

static struct slot *
find(uint64_t address)
{
    for (size_t i = 0; i < count; i++) {
        if (slots[i].granule == address / LZ_INDEX_GRANULE * LZ_INDEX_GRANULE)
            return &slots[i];
    }
    return NULL;
}

static void
set(uint64_t address, void *owner)
{
    struct slot *slot = find(address);
    int error;

    if (slot == NULL && count == SLOTS)
        return;
    error = lz_index_set((void *)(uintptr_t)address, owner);
    PROMISE(error == 0 || error == ENOMEM);
    PROMISE(error == 0 || (slot == NULL && owner != NULL));
    PROMISE(error == 0 || refuse || address >= LIMIT);
    if (error != 0 || address >= LIMIT)
        return;
    if (slot == NULL) {
        slot = &slots[count++];
        slot->granule = address / LZ_INDEX_GRANULE * LZ_INDEX_GRANULE;
    }
    slot->owner = owner;
}

static void
get(uint64_t address)
{
    struct slot *slot = find(address);

    PROMISE(lz_index_get((void *)(uintptr_t)address) ==
            (slot != NULL ? slot->owner : NULL));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    input_start(data, size);
    while (input_left()) {
        unsigned act = input_byte();
        uint64_t address = next_address();

        refuse = act % 8 == 7;
        if (act % 2 == 0)
            set(address, act % 3 == 0 ? NULL : (void *)(uintptr_t)(act + 1));
        refuse = false;
        get(address);
        get(address + LZ_INDEX_GRANULE);
    }
    for (size_t i = 0; i < count; i++) {
        get(slots[i].granule);
        lz_index_set((void *)(uintptr_t)slots[i].granule, NULL);
    }
    count = 0;
    return 0;
}
