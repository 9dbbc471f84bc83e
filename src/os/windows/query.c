/* SPDX-License-Identifier: MIT */
/*
 * What Windows knows of a range: which pages were written, and what it is.
 *
 * By the write watch, not by QueryWorkingSetEx. That one tells which pages are
 * resident, and a page that is not may have been written and moved to the page
 * file: it would be taken for one that reads as zero.
 */
#include "os/windows/windows.h"

/* Addresses that one question returns: 2 KiB of stack, 1 MiB of memory. */
#define BATCH 256

bool
lz_os_find_part(char *at, char *end, struct lz_os_part *part)
{
    MEMORY_BASIC_INFORMATION info;
    char *behind;

    if (VirtualQuery(at, &info, sizeof(info)) == 0)
        return false;
    behind = (char *)info.BaseAddress + info.RegionSize;
    *part = (struct lz_os_part){
        .start = at,
        .end = behind < end ? behind : end,
        .allocation = info.State == MEM_FREE ? NULL : info.AllocationBase,
        .state = info.State,
        .type = info.Type,
        .protection = info.Protect,
    };
    return true;
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
    ranges[(*used)++] = (struct lz_os_range){start, end, 0};
    return true;
}

/*
 * The pages of [start, end), in one allocation, that were written. Returns how
 * many of them are in `pages`: less than BATCH, and these are all. -1: writes
 * are not watched there.
 */
static int
ask(char *start, char *end, PVOID *pages)
{
    ULONG_PTR count = BATCH;
    DWORD size;

    if (GetWriteWatch(0, start, (size_t)(end - start), pages, &count, &size) !=
            0 ||
        size != lz_os_page_size())
        return -1;
    return (int)count;
}

/* *at: where to go on. 1: there is no room for more; 0; -1: it is not known. */
static int
find_in_part(char **at, char *end, struct lz_os_range *ranges, int capacity,
             int *used)
{
    PVOID pages[BATCH];
    int count;

    do {
        count = ask(*at, end, pages);
        for (int i = 0; i < count; i++) {
            *at = pages[i];
            if (!add_page(ranges, capacity, used, *at))
                return 1;
            *at += lz_os_page_size();
        }
    } while (count == BATCH && *at < end);
    if (count >= 0)
        *at = end;
    return count < 0 ? -1 : 0;
}

/*
 * Nobody watches the variables of a program or a DLL: all of them may hold
 * something.
 */
static int
add_variables(char **at, char *end, struct lz_os_range *ranges, int capacity,
              int *used)
{
    for (; *at < end; *at += lz_os_page_size()) {
        if (!add_page(ranges, capacity, used, *at))
            return 1;
    }
    return 0;
}

/* The one oracle of this system, whichever is asked for. */
int
lz_os_find_populated(enum lz_os_oracle oracle, char *start, char *end,
                     struct lz_os_range *ranges, int capacity, char **resume)
{
    struct lz_os_part part;
    int used = 0, full = 0;

    if (oracle != LZ_OS_ORACLE_SCAN)
        return -1;
    while (start < end && full == 0) {
        if (!lz_os_find_part(start, end, &part) || part.state != MEM_COMMIT)
            return -1;
        full = part.type == MEM_IMAGE
                   ? add_variables(&start, part.end, ranges, capacity, &used)
                   : find_in_part(&start, part.end, ranges, capacity, &used);
        if (full < 0)
            return -1;
    }
    *resume = start;
    return used;
}

static bool
is_mapped(const struct lz_os_part *part)
{
    return part->state == MEM_COMMIT;
}

/* Private memory as we map it. */
static bool
is_plain(const struct lz_os_part *part)
{
    return part->state == MEM_COMMIT && part->type == MEM_PRIVATE &&
           part->protection == PAGE_READWRITE;
}

static bool
every_part(char *at, size_t length, bool (*test)(const struct lz_os_part *part))
{
    char *end = at + length;
    struct lz_os_part part;

    for (; at < end; at = part.end) {
        if (!lz_os_find_part(at, end, &part) || !test(&part))
            return false;
    }
    return true;
}

bool
lz_os_is_plain(char *start, size_t length)
{
    return every_part(start, length, is_plain);
}

bool
lz_os_is_surely_plain(char *start, size_t length)
{
    return lz_os_is_plain(start, length);
}

/* What the old owner left behind is not taken back: then it is unmapped. */
bool
lz_os_make_plain(char *start, size_t length)
{
    return lz_os_is_plain(start, length);
}

bool
lz_os_is_mapped(char *start, size_t length)
{
    return every_part(start, length, is_mapped);
}

/* What a job allows its processes counts too: a container is one. */
static size_t
job_limit(void)
{
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION job;
    size_t least = SIZE_MAX;

    if (!QueryInformationJobObject(NULL, JobObjectExtendedLimitInformation,
                                   &job, sizeof(job), NULL))
        return SIZE_MAX;
    if ((job.BasicLimitInformation.LimitFlags & JOB_OBJECT_LIMIT_JOB_MEMORY) !=
        0)
        least = job.JobMemoryLimit;
    if ((job.BasicLimitInformation.LimitFlags &
         JOB_OBJECT_LIMIT_PROCESS_MEMORY) != 0 &&
        job.ProcessMemoryLimit < least)
        least = job.ProcessMemoryLimit;
    return least;
}

size_t
lz_os_memory_size(void)
{
    MEMORYSTATUSEX status = {.dwLength = sizeof(status)};
    size_t limit = job_limit();

    if (!GlobalMemoryStatusEx(&status))
        return limit == SIZE_MAX ? 0 : limit;
    return status.ullTotalPhys < limit ? (size_t)status.ullTotalPhys : limit;
}

/* The page file's figure is what may still be committed. */
size_t
lz_os_memory_free(void)
{
    MEMORYSTATUSEX status = {.dwLength = sizeof(status)};

    if (!GlobalMemoryStatusEx(&status))
        return SIZE_MAX;
    return (size_t)(status.ullAvailPhys < status.ullAvailPageFile
                        ? status.ullAvailPhys
                        : status.ullAvailPageFile);
}
