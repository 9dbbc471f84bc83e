/* SPDX-License-Identifier: MIT */
#include "os/linux/mincore.h"

#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "os/linux/proc.h"
#include "os/os.h"

/* Pages of one question: a byte each, on the stack of whoever allocates. */
#define CHUNK 1024

/* The first Linux with marks in its page tables. */
#define MARKS_MAJOR 6
#define MARKS_MINOR 6

static int
ask(char *start, size_t length, unsigned char *pages)
{
    return (int)syscall(SYS_mincore, start, length, pages);
}

static unsigned
number_at(const char **text)
{
    unsigned number = 0;

    for (; **text >= '0' && **text <= '9' && number < 1000; ++*text)
        number = number * 10 + (unsigned)(**text - '0');
    return number;
}

/* A release is "6.1.0-28-amd64", say. */
static bool
is_before_marks(void)
{
    struct utsname system;
    const char *at = system.release;
    unsigned major;

    if (uname(&system) != 0)
        return false;
    major = number_at(&at);
    if (major == 0 || *at++ != '.')
        return false;
    return major < MARKS_MAJOR ||
           (major == MARKS_MAJOR && number_at(&at) < MARKS_MINOR);
}

/* Some systems that pass for Linux answer that every page is there. */
static bool
answers_truly(void)
{
    size_t page = lz_os_page_size();
    char *map = lz_os_map(2 * page, page);
    unsigned char before[2] = {1, 1}, after[2] = {0, 0};
    bool asked;

    if (map == NULL)
        return false;
    asked = ask(map, 2 * page, before) == 0;
    *(volatile char *)(map + page) = 1;
    asked = asked && ask(map, 2 * page, after) == 0;
    lz_os_unmap(map, 2 * page);
    return asked && ((before[0] | before[1]) & 1) == 0 && (after[1] & 1) != 0;
}

/*
 * A preloaded tracer may allocate in the calls with which this is found out,
 * and an allocation may ask here again. The answer is no until it is known.
 */
bool
lz_os_mincore_tells(void)
{
    static enum { UNKNOWN, YES, NO } known; /* atomic */
    int answer = __atomic_load_n(&known, __ATOMIC_RELAXED);

    if (LZ_LIKELY(answer != UNKNOWN) || lz_os_proc_is_silent())
        return answer == YES;
    __atomic_store_n(&known, NO, __ATOMIC_RELAXED);
    if (!is_before_marks() || !answers_truly())
        return false;
    __atomic_store_n(&known, YES, __ATOMIC_RELAXED);
    return true;
}

static bool
may_swap(void)
{
    struct sysinfo info;

    return sysinfo(&info) != 0 || info.totalswap != 0;
}

/* The first pages, as ranges; how many pages that were. */
static size_t
collect(const unsigned char *pages, size_t count, char *start,
        struct lz_os_range *ranges, int capacity, int *found)
{
    size_t page = lz_os_page_size();

    for (size_t i = 0; i < count; i++) {
        uintptr_t at = (uintptr_t)start + i * page;

        if ((pages[i] & 1) == 0)
            continue;
        if (*found == 0 || ranges[*found - 1].end != at) {
            if (*found == capacity)
                return i;
            ranges[(*found)++] = (struct lz_os_range){at, at, 0};
        }
        ranges[*found - 1].end += page;
    }
    return count;
}

int
lz_os_mincore_find(char *start, char *end, struct lz_os_range *ranges,
                   int capacity, char **resume)
{
    unsigned char pages[CHUNK];
    size_t page = lz_os_page_size(), count = (size_t)(end - start) / page;
    int found = 0;

    if (count > CHUNK)
        count = CHUNK;
    /* Before and after: swap may be switched on in between. */
    if (may_swap() || ask(start, count * page, pages) != 0 || may_swap())
        return -1;
    *resume =
        start + page * collect(pages, count, start, ranges, capacity, &found);
    return found;
}
