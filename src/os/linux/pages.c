/* SPDX-License-Identifier: MIT */
/*
 * Which pages are populated: PAGEMAP_SCAN, or page by page: mincore, or reads
 * of /proc/self/pagemap.
 */
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "os/linux/mincore.h"
#include "os/linux/proc.h"
#include "os/os.h"

#ifndef MADV_GUARD_REMOVE
#define MADV_GUARD_REMOVE 103
#endif

/* Linux, include/uapi/linux/fs.h; spelled out for older headers. */
struct pm_scan_arg {
    uint64_t size, flags, start, end, walk_end, vec, vec_len, max_pages;
    uint64_t category_inverted, category_mask, category_anyof_mask, return_mask;
};
#define PAGEMAP_SCAN_CALL _IOWR('f', 16, struct pm_scan_arg)
#define PAGE_PRESENT ((uint64_t)1 << 3)
#define PAGE_SWAPPED ((uint64_t)1 << 4)
#define PAGE_ZERO_PFN ((uint64_t)1 << 5)

/* The kernel's struct page_region. */
_Static_assert(sizeof(struct lz_os_range) == 24, "three 64-bit words");

/*
 * A page that looks swapped out may be a guard marker (MADV_GUARD_INSTALL,
 * Linux 6.13), which can be removed. Or it is poison (UFFDIO_POISON, Linux 6.6,
 * or a page that the hardware lost), and a write ends the process. So the
 * kernel tries the write first (MADV_POPULATE_WRITE, Linux 5.14). A page that
 * really is swapped out would be read back by our write, too.
 */
bool
lz_os_can_write(const struct lz_os_range *range)
{
    void *start = (void *)(uintptr_t)range->start;
    size_t length = (size_t)(range->end - range->start);
    int error;

    if (LZ_LIKELY(lz_os_is_present(range)))
        return true;
    lz_os_heap_advise(start, length, MADV_GUARD_REMOVE);
    error = lz_os_populate(start, length);
    return error != EFAULT && error != EHWPOISON;
}

bool
lz_os_is_present(const struct lz_os_range *range)
{
    return (range->categories & PAGE_SWAPPED) == 0;
}

static int
scan(char *start, char *end, struct lz_os_range *ranges, int capacity,
     char **resume)
{
    struct pm_scan_arg arg = {
        .size = sizeof(arg),
        .start = (uintptr_t)start,
        .end = (uintptr_t)end,
        .vec = (uintptr_t)ranges,
        .vec_len = (uint64_t)capacity,
        .category_inverted = PAGE_ZERO_PFN,
        .category_mask = PAGE_ZERO_PFN,
        /* A page that was swapped out is not zero. */
        .category_anyof_mask = PAGE_PRESENT | PAGE_SWAPPED,
        .return_mask = PAGE_PRESENT | PAGE_SWAPPED,
    };
    int fd = lz_os_proc_fd(LZ_OS_PROC_PAGEMAP), count;

    if (fd < 0)
        return -1;
    count = (int)ioctl(fd, PAGEMAP_SCAN_CALL, &arg);
    if (!lz_os_proc_is_ours(LZ_OS_PROC_PAGEMAP))
        return -1;
    *resume = (char *)(uintptr_t)arg.walk_end;
    return count;
}

#define PAGEMAP_CHUNK 64

static int
read_pagemap(char *start, char *end, struct lz_os_range *ranges, int capacity,
             char **resume)
{
    uint64_t entries[PAGEMAP_CHUNK];
    size_t page = lz_os_page_size();
    size_t pages = (size_t)(end - start) / page;
    int fd = lz_os_proc_fd(LZ_OS_PROC_PAGEMAP), count = 0;

    if (pages > PAGEMAP_CHUNK)
        pages = PAGEMAP_CHUNK;
    if (pages > (size_t)capacity)
        pages = (size_t)capacity;
    if (fd < 0)
        return -1;
    if (!lz_os_proc_read(fd, start, entries, pages) ||
        !lz_os_proc_is_ours(LZ_OS_PROC_PAGEMAP))
        return -1;
    for (size_t i = 0; i < pages; i++) {
        uintptr_t at = (uintptr_t)start + i * page;

        if (!lz_os_proc_is_populated(entries[i]))
            continue;
        if (count == 0 || ranges[count - 1].end != at)
            ranges[count++] = (struct lz_os_range){at, at, 0};
        ranges[count - 1].end += page;
        if (!lz_os_proc_is_present(entries[i]))
            ranges[count - 1].categories = PAGE_SWAPPED;
    }
    *resume = start + pages * page;
    return count;
}

static int
ask_each_page(char *start, char *end, struct lz_os_range *ranges, int capacity,
              char **resume)
{
    int count = -1;

    if (lz_os_mincore_tells())
        count = lz_os_mincore_find(start, end, ranges, capacity, resume);
    return count >= 0 ? count
                      : read_pagemap(start, end, ranges, capacity, resume);
}

int
lz_os_find_populated(enum lz_os_oracle oracle, char *start, char *end,
                     struct lz_os_range *ranges, int capacity, char **resume)
{
    int saved = errno, count = -1;

    if (oracle == LZ_OS_ORACLE_SCAN)
        count = scan(start, end, ranges, capacity, resume);
    else if (oracle == LZ_OS_ORACLE_PAGEMAP)
        count = ask_each_page(start, end, ranges, capacity, resume);
    errno = saved;
    return count;
}
