/* SPDX-License-Identifier: MIT */
/*
 * The program maps pages of the system's huge page pool over a part of its
 * block. Needs the right to fill that pool, and two free huge pages.
 */
#include <sys/mman.h>

#include "dirty.h"

#define POOL "/proc/sys/vm/nr_hugepages"
#define HUGE ((size_t)2 << 20)

static int
read_pool(void)
{
    FILE *file = fopen(POOL, "r");
    int pages = -1;

    if (file == NULL || fscanf(file, "%d", &pages) != 1)
        skip("no huge page pool");
    fclose(file);
    return pages;
}

static bool
write_pool(int pages)
{
    FILE *file = fopen(POOL, "w");
    bool done = file != NULL && fprintf(file, "%d\n", pages) > 0;

    return file != NULL && fclose(file) == 0 && done;
}

/* False: there is no such page. */
static bool
free_mapped_over(size_t n)
{
    char *p = malloc(n), *huge;

    make_dirty(p);
    huge = (char *)(((uintptr_t)p + HUGE - 1) & ~(HUGE - 1));
    REQUIRE(huge + HUGE <= p + n);
    if (mmap(huge, HUGE, PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | MAP_FIXED, -1,
             0) != huge)
        return false;
    memset(huge, DIRT, HUGE);
    free(p);
    return true;
}

static bool
run(void)
{
    for (int round = 0; round < 3; round++) {
        if (!free_mapped_over(11 * MIB))
            return false;
        use_all(11 * MIB);
        if (!free_mapped_over(5 * MIB))
            return false;
        use_memset(5 * MIB);
    }
    return true;
}

/* In a child, so that the pool is set back whatever happens. */
int
main(void)
{
    int pages, status;
    pid_t child;

    require_active();
    pages = read_pool();
    if (!write_pool(pages + 2))
        skip("the huge page pool cannot be set");
    child = fork();
    if (child == 0) {
        watchdog(60);
        _exit(run() ? 0 : 77);
    }
    REQUIRE(waitpid(child, &status, 0) == child);
    write_pool(pages);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
        skip("no free huge pages of 2 MiB");
    return status == 0 ? 0 : 1;
}
