/* SPDX-License-Identifier: MIT */
/*
 * The public functions, in a program that is linked with the library, and in
 * one (LAZYZERO_WEAK) that runs with and without it. Exits with the number of
 * what failed; 77 where a weak name is not there.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lazyzero/lazyzero.h"

#define LARGE ((size_t)8 << 20)

#define CHECK(condition)                                 \
    do {                                                 \
        if (!(condition)) {                              \
            fprintf(stderr, "failed: %s\n", #condition); \
            exit(1);                                     \
        }                                                \
    } while (0)

static size_t
resident(void *p, size_t n)
{
    static unsigned char map[LARGE / 4096 + 1];
    size_t page = (size_t)sysconf(_SC_PAGESIZE), count = 0;
    char *start = (char *)((uintptr_t)p & ~(uintptr_t)(page - 1));

    CHECK(mincore(start, n, map) == 0);
    for (size_t i = 0; i < n / page; i++)
        count += map[i] & 1;
    return count * page;
}

static int
is_zero(const unsigned char *p, size_t n)
{
    return p[0] == 0 && memcmp(p, p + 1, n - 1) == 0;
}

static void
check_stats(void)
{
    struct lazyzero_stats stats, more;
    unsigned char *p;
    uint64_t before;

    memset(&stats, 0xA5, sizeof(stats));
    stats.size = sizeof(stats);
    CHECK(lazyzero_read_stats(&stats) == 0);
    CHECK(stats.size == sizeof(stats));
    CHECK(stats.version == LAZYZERO_STATS_VERSION);
    CHECK(is_zero((unsigned char *)stats.reserved, sizeof(stats.reserved)));
    before = stats.requests_malloc;
    p = (unsigned char *)malloc(LARGE);
    CHECK(p != NULL && lazyzero_owns(p) == 1 && lazyzero_owns(p + 1) == 0);
    CHECK(lazyzero_read_stats(&stats) == 0);
    CHECK(stats.requests_malloc == before + 1 && stats.live_bytes >= LARGE);
    free(p);
    /* A caller of an older header: no byte beyond what it knows. */
    memset(&more, 0xA5, sizeof(more));
    more.size = 24;
    CHECK(lazyzero_read_stats(&more) == 0 && more.size == 24);
    CHECK(more.requests_calloc == 0xA5A5A5A5A5A5A5A5u);
    more.size = 15;
    CHECK(lazyzero_read_stats(&more) == EINVAL);
}

/* In private memory, in shared memory, and across both ends of pages. */
static void
check_zero(int flags)
{
    unsigned char *p = (unsigned char *)mmap(
        NULL, LARGE, PROT_READ | PROT_WRITE, flags | MAP_ANONYMOUS, -1, 0);

    CHECK(p != MAP_FAILED);
    memset(p + LARGE / 2, 0xA5, 100000);
    p[0] = p[LARGE - 1] = 0xA5;
    CHECK(lazyzero_zero(p + 1, LARGE - 2) <= LARGE - 2);
    CHECK(p[0] == 0xA5 && p[LARGE - 1] == 0xA5);
    CHECK(is_zero(p + 1, LARGE - 2));
    munmap(p, LARGE);
}

static void
check_prefault(void)
{
    unsigned char *p = (unsigned char *)malloc(LARGE);

    CHECK(p != NULL);
    p[12345] = 1;
    CHECK(lazyzero_prefault(p, LARGE) == 0 && p[12345] == 1);
    CHECK(resident(p, LARGE) == LARGE);
    CHECK(lazyzero_prefault(p, 0) == 0);
    free(p);
    CHECK(lazyzero_trim() == 1);
}

int
main(void)
{
#ifdef LAZYZERO_WEAK
    if (!lazyzero_version)
        return 77;
#endif
    CHECK(lazyzero_is_active() == 1);
    CHECK(strchr(lazyzero_version(), '.') != NULL);
    CHECK(lazyzero_oracle()[0] != '\0');
    errno = 12345;
    check_stats();
    check_zero(MAP_PRIVATE);
    check_zero(MAP_SHARED);
    check_prefault();
    CHECK(errno == 12345);
    return 0;
}
