/* SPDX-License-Identifier: MIT */
/* By what the library tells of its index: struct lz_view_blocks in view.h. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "control/view.h" /* the library's */
#include "say.h"
#include "target_blocks.h"
#include "target_linux.h"
#include "text.h"

/* An index that claims to be larger is another thing. */
#define MOST_SLOTS ((uint32_t)1 << 16)

/* Records that are read of a process: with more, some are missed. */
#define MOST_RECORDS 4096
#define RECORD 128

/* Of a block with more pages, parts are counted. */
#define MOST_PAGES ((uint64_t)16384)
#define PARTS 64

struct search {
    const struct target *target;
    struct lz_view_blocks layout;
    uintptr_t last; /* the record of the granule before */
    size_t records, count;
    struct target_block *blocks;
};

static bool
is_known(const struct search *search, uint64_t address)
{
    for (size_t i = 0; i < search->count; i++) {
        if (search->blocks[i].address == address)
            return true;
    }
    return false;
}

/*
 * Keeps the largest ones in order. A block may be met twice: whole groups of
 * granules in its middle have no slots of their own.
 */
static void
insert(struct search *search, struct target_block block)
{
    size_t at = search->count;

    if (is_known(search, block.address))
        return;

    while (at > 0 && search->blocks[at - 1].bytes < block.bytes)
        at--;
    if (at == TARGET_BLOCKS)
        return;
    if (search->count < TARGET_BLOCKS)
        search->count++;
    memmove(&search->blocks[at + 1], &search->blocks[at],
            (search->count - at - 1) * sizeof(block));
    search->blocks[at] = block;
}

/* A field of a record, at an offset that the library gave. */
static void
get(const char *record, uint32_t offset, void *to, size_t size)
{
    memset(to, 0, size);
    if (offset <= RECORD - size)
        memcpy(to, record + offset, size);
}

static void
take_record(struct search *search, uintptr_t at)
{
    const struct lz_view_blocks *layout = &search->layout;
    char record[RECORD];
    uintptr_t base;
    size_t usable;
    uint32_t state;

    if (search->records++ >= MOST_RECORDS ||
        target_memory(search->target->pid, at, record, sizeof(record)) != 0)
        return;
    get(record, layout->base, &base, sizeof(base));
    get(record, layout->usable, &usable, sizeof(usable));
    get(record, layout->state, &state, sizeof(state));
    if (state == layout->live)
        insert(search, (struct target_block){base, usable, -1});
}

static void
take_leaf(struct search *search, uintptr_t at)
{
    size_t count = search->layout.leaf_slots;
    uintptr_t *slots = say_got(calloc(count, sizeof(*slots)));

    if (target_memory(search->target->pid, at, slots, count * sizeof(*slots)) !=
        0)
        count = 0;
    for (size_t i = 0; i < count; i++) {
        if (slots[i] > search->layout.none && slots[i] != search->last)
            take_record(search, slots[i]);
        search->last = slots[i];
    }
    free(slots);
}

static void
take_root(struct search *search)
{
    size_t count = search->layout.root_slots;
    uintptr_t *leaves = say_got(calloc(count, sizeof(*leaves)));

    if (target_memory(search->target->pid, (uintptr_t)search->layout.root,
                      leaves, count * sizeof(*leaves)) != 0)
        count = 0;
    for (size_t i = 0; i < count; i++) {
        if (leaves[i] != 0)
            take_leaf(search, leaves[i]);
    }
    free(leaves);
}

/* Pages from number `first` on that are there; -1: that cannot be read. */
static long
count_pages(int pagemap, uint64_t first, size_t count)
{
    static uint64_t entries[MOST_PAGES];
    long there = 0;

    if (pread(pagemap, entries, count * sizeof(*entries),
              (off_t)(first * sizeof(*entries))) !=
        (ssize_t)(count * sizeof(*entries)))
        return -1;
    for (size_t i = 0; i < count; i++)
        there += entries[i] >> 62 != 0;
    return there;
}

/* Of a large block, parts that lie evenly in it. */
static double
share_of(int pagemap, const struct target_block *block)
{
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
    uint64_t first = block->address / page, all = block->bytes / page;
    uint64_t parts = all > MOST_PAGES ? PARTS : 1;
    uint64_t each = all > MOST_PAGES ? MOST_PAGES / PARTS : all;
    long there = 0;

    for (uint64_t i = 0; i < parts; i++) {
        long some = count_pages(pagemap, first + i * (all / parts), each);

        if (some < 0)
            return -1;
        there += some;
    }
    return each == 0 ? -1 : (double)there / (double)(parts * each);
}

static void
count_touched(struct search *search)
{
    int pagemap = target_pagemap(search->target->pid);

    for (size_t i = 0; pagemap >= 0 && i < search->count; i++)
        search->blocks[i].touched = share_of(pagemap, &search->blocks[i]);
    if (pagemap >= 0)
        close(pagemap);
}

size_t
target_blocks(const struct target *target, struct target_block *blocks)
{
    struct search search = {.target = target, .blocks = blocks};
    struct lz_view_blocks *layout = &search.layout;

    if (target->blocks == 0 ||
        target_memory(target->pid, target->blocks, layout, sizeof(*layout)) !=
            0 ||
        memcmp(layout->magic, LZ_VIEW_BLOCKS_MAGIC, LZ_VIEW_MAGIC_SIZE) != 0 ||
        layout->root_slots > MOST_SLOTS || layout->leaf_slots > MOST_SLOTS)
        return 0;
    take_root(&search);
    count_touched(&search);
    return search.count;
}
