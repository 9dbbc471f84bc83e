/* SPDX-License-Identifier: MIT */
/* What macOS knows of a range: which pages hold something, and what it is. */
#include "os/darwin/darwin.h"

/* One int a page: 1 KiB of stack, 4 MiB of memory a call with 16 KiB pages. */
#define BATCH 256

/* A page in neither place was never written: it reads as zero. */
#define POPULATED (VM_PAGE_QUERY_PAGE_PRESENT | VM_PAGE_QUERY_PAGE_PAGED_OUT)

/*
 * Asks for at most BATCH pages; false where the answer is not about them all.
 */
static bool
query(char *at, size_t pages, int *dispositions)
{
    mach_vm_size_t count = pages;

    return mach_vm_page_range_query(
               mach_task_self(), (uintptr_t)at, pages * lz_os_page_size(),
               (uintptr_t)dispositions, &count) == KERN_SUCCESS &&
           count == pages;
}

/* Adds a page to the last range or as a new one; false: no room for it. */
static bool
add_page(struct lz_os_range *ranges, int capacity, int *used, char *page)
{
    uint64_t start = (uintptr_t)page, end = start + lz_os_page_size();

    if (*used > 0 && ranges[*used - 1].end == start) {
        ranges[*used - 1].end = end;
        return true;
    }
    if (*used == capacity)
        return false;
    ranges[(*used)++] = (struct lz_os_range){start, end, POPULATED};
    return true;
}

/*
 * The one oracle of this system, whichever is asked for. A page that went to
 * the compressor or to disk is not zero.
 */
int
lz_os_find_populated(enum lz_os_oracle oracle, char *start, char *end,
                     struct lz_os_range *ranges, int capacity, char **resume)
{
    int dispositions[BATCH], used = 0;
    size_t page = lz_os_page_size(), pages;
    char *at = start;

    if (oracle != LZ_OS_ORACLE_SCAN)
        return -1;
    while (at < end) {
        pages = (size_t)(end - at) / page;
        pages = pages < BATCH ? pages : BATCH;
        if (!query(at, pages, dispositions))
            return -1;
        for (size_t i = 0; i < pages; i++, at += page) {
            if ((dispositions[i] & POPULATED) != 0 &&
                !add_page(ranges, capacity, &used, at)) {
                *resume = at;
                return used;
            }
        }
    }
    *resume = end;
    return used;
}

/*
 * The map entry at or behind *address, into *address and *size. There are no
 * submaps outside of the shared cache: depth 0 is asked for.
 */
static bool
find_entry(mach_vm_address_t *address, mach_vm_size_t *size,
           struct vm_region_submap_info_64 *info)
{
    mach_msg_type_number_t count = VM_REGION_SUBMAP_INFO_COUNT_64;
    natural_t depth = 0;

    return mach_vm_region_recurse(mach_task_self(), address, size, &depth,
                                  (vm_region_recurse_info_t)info,
                                  &count) == KERN_SUCCESS;
}

static bool
is_any(const struct vm_region_submap_info_64 *info)
{
    (void)info;
    return true;
}

/* Private anonymous memory as we map it, not locked, copied by fork. */
static bool
is_plain(const struct vm_region_submap_info_64 *info)
{
    return info->protection == (VM_PROT_READ | VM_PROT_WRITE) &&
           info->inheritance == VM_INHERIT_COPY && !info->is_submap &&
           !info->external_pager && info->user_wired_count == 0 &&
           (info->share_mode == SM_EMPTY || info->share_mode == SM_PRIVATE ||
            info->share_mode == SM_COW);
}

/* Is every byte mapped, in entries that pass the test? */
static bool
every_entry(char *start, size_t length,
            bool (*test)(const struct vm_region_submap_info_64 *info))
{
    mach_vm_address_t at = (uintptr_t)start, end = at + length, entry;
    struct vm_region_submap_info_64 info;
    mach_vm_size_t size;

    for (; at < end; at = entry + size) {
        entry = at;
        if (!find_entry(&entry, &size, &info) || entry > at || !test(&info))
            return false;
    }
    return true;
}

bool
lz_os_is_plain(char *start, size_t length)
{
    return every_entry(start, length, is_plain);
}

/* What the old owner left behind is not taken back: then it is unmapped. */
bool
lz_os_make_plain(char *start, size_t length)
{
    return every_entry(start, length, is_plain);
}

bool
lz_os_is_mapped(char *start, size_t length)
{
    return every_entry(start, length, is_any);
}
