/* SPDX-License-Identifier: MIT */
#include "large/sparse.h"

#include <string.h>

void
lz_sparse_begin(struct lz_sparse_look *look, const char *map, size_t map_size)
{
    *look = (struct lz_sparse_look){
        .map = (uintptr_t)map,
        .next = (uintptr_t)map,
        .area = map_size / LZ_SPARSE_AREAS + 1,
    };
}

/* Fibonacci hashing of the page number; never 0. */
static uint8_t
hash_of(uintptr_t address)
{
    uint32_t page = (uint32_t)(address / lz_os_page_size());

    return (uint8_t)(1 + (page * 2654435769u >> 16) % UINT8_MAX);
}

void
lz_sparse_see(struct lz_sparse_look *look, const struct lz_os_range *range)
{
    uintptr_t at = (uintptr_t)range->start, end = (uintptr_t)range->end;

    while (end > look->next) {
        size_t number;

        if (at < look->next)
            at = look->next;
        number = (at - look->map) / look->area;
        if (number >= LZ_SPARSE_AREAS)
            return;
        look->marks[number] = hash_of(at);
        look->next = look->map + (number + 1) * look->area;
    }
}

bool
lz_sparse_is_known(const struct lz_sparse *pages)
{
    return pages->level != 0;
}

static bool
are_same(const uint8_t *a, const uint8_t *b)
{
    int both = 0, same = 0;

    for (int i = 0; i < LZ_SPARSE_AREAS; i++) {
        both += a[i] != 0 && b[i] != 0;
        same += a[i] != 0 && a[i] == b[i];
    }
    return both > 0 && same >= both - both / 4;
}

/*
 * The pages of a use that moves on by little each time are mostly known ones.
 * So what stays is compared with what one use took: at most four times that.
 */
bool
lz_sparse_learn(struct lz_sparse *pages, const struct lz_sparse_look *look,
                size_t bytes)
{
    uint8_t level = (uint8_t)(64 - __builtin_clzll(bytes));
    bool same =
        are_same(pages->marks, look->marks) && level <= pages->level + 1;

    memcpy(pages->marks, look->marks, sizeof(pages->marks));
    if (!same || level < pages->level)
        pages->level = level;
    return same;
}
