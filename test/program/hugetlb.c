/* SPDX-License-Identifier: MIT */
/*
 * hugetlb cycle|whole|resize|fork|empty: blocks in reserved huge pages. Ends
 * with 77 where too few are free.
 *
 * `cycle`: calloc, touch and free, in up to 1 GiB, take no fault of a small
 * page. `whole`: the same in one page of 1 GiB. `resize`: realloc keeps every
 * byte, and gives pages back. `fork`: a child and its parent have each their
 * own contents, also when the pool is empty. `empty`: a block that finds no
 * pages is an ordinary one, and counted.
 */
#include <sys/mman.h>
#include <sys/resource.h>

#include "dirty.h"
#include "stat.h"

static size_t page = 2 * MIB;

static size_t
read_pool(const char *name)
{
    char path[128];
    size_t number = 0;
    FILE *file;

    snprintf(path, sizeof(path), "/sys/kernel/mm/hugepages/hugepages-%zukB/%s",
             page / 1024, name);
    file = fopen(path, "r");
    if (file == NULL || fscanf(file, "%zu", &number) != 1)
        skip("no huge page pool");
    fclose(file);
    return number;
}

/* Bytes that may be asked for. */
static size_t
free_bytes(void)
{
    return (read_pool("free_hugepages") - read_pool("resv_hugepages")) * page;
}

static size_t
need(size_t least, size_t most)
{
    size_t bytes = free_bytes();

    if (bytes < least)
        skip("too few huge pages are free");
    return bytes < most ? bytes : most;
}

static size_t
faults(void)
{
    struct rusage usage;

    REQUIRE(getrusage(RUSAGE_SELF, &usage) == 0);
    return (size_t)usage.ru_minflt;
}

/* "KernelPageSize" of the mapping that begins there, in bytes. */
static size_t
page_size_at(const void *p)
{
    FILE *file = fopen("/proc/self/smaps", "r");
    char line[512];
    size_t start, kib = 0;
    bool found = false;

    REQUIRE(file != NULL);
    while (kib == 0 && fgets(line, sizeof(line), file) != NULL) {
        if (sscanf(line, "%zx-", &start) == 1 && strchr(line, '-') != NULL)
            found = start == (uintptr_t)p;
        else if (found)
            sscanf(line, "KernelPageSize: %zu", &kib);
    }
    fclose(file);
    return kib * 1024;
}

static void
touch(char *p, size_t n)
{
    for (size_t at = 0; at < n; at += 4096)
        p[at] = (char)DIRT;
}

static void
run_cycle(void)
{
    size_t n = need(8 * page, 1024 * MIB), before;
    char *p;

    for (uint64_t round = 1; round <= 3; round++) {
        size_t pool = free_bytes();

        before = faults();
        p = calloc(1, n);
        touch(p, n);
        REQUIRE(faults() - before <= n / page + 30);
        REQUIRE(STAT(hugetlb_regions) == round);
        REQUIRE(page_size_at(p) == page);
        REQUIRE(free_bytes() < pool);
        free(p);
        REQUIRE(STAT(retained_bytes) == 0);
    }
    p = calloc(1, n);
    require_zero(p, n);
    free(p);
    REQUIRE(STAT(hugetlb_refused) == 0);
}

static void
run_whole(void)
{
    size_t before;
    char *p;

    page = 1024 * MIB;
    need(page, page);
    before = faults();
    p = calloc(1, page);
    REQUIRE(STAT(hugetlb_regions) == 1 && page_size_at(p) == page);
    touch(p, page);
    REQUIRE(faults() - before < 100);
    free(p);
    p = calloc(1, page);
    require_zero(p, page);
    free(p);
    REQUIRE(STAT(hugetlb_regions) == 2);
    /* Too much of a page would lie behind it. */
    free(calloc(1, page / 2));
    REQUIRE(STAT(hugetlb_regions) == 2 && STAT(hugetlb_refused) == 0);
}

static void
run_resize(void)
{
    size_t n = need(8 * page, 8 * page), pool;
    unsigned char *p = malloc(n);

    REQUIRE(STAT(hugetlb_regions) == 1 && malloc_usable_size(p) == n);
    memset(p, 1, n);
    pool = free_bytes();
    p = realloc(p, 3 * page - 5000);
    REQUIRE(all_bytes_are(p, 1, 3 * page - 5000));
    REQUIRE(free_bytes() == pool + 5 * page);
    p = realloc(p, 3 * page);
    REQUIRE(all_bytes_are(p, 1, 3 * page - 5000));
    REQUIRE(STAT(resized_in_place) == 2);
    memset(p, 2, 3 * page);
    p = realloc(p, 16 * page);
    REQUIRE(all_bytes_are(p, 2, 3 * page));
    memset(p, 3, 16 * page);
    p = realloc(p, 2 * page);
    REQUIRE(all_bytes_are(p, 3, 2 * page));
    REQUIRE(STAT(resized_by_move) == 0);
    free(p);
    REQUIRE(free_bytes() == pool + 8 * page);
}

/* Others find the pool empty until this process ends. */
static void
take_rest(void)
{
    size_t n = free_bytes();

    REQUIRE(n == 0 || mmap(NULL, n, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | 21 << 26,
                           -1, 0) != MAP_FAILED);
    REQUIRE(free_bytes() == 0);
}

static void
run_fork(void)
{
    size_t n = need(8 * page, 8 * page);
    unsigned char *p = calloc(1, n);
    pid_t child;
    int go[2];
    char word;

    take_rest();
    REQUIRE(STAT(hugetlb_regions) == 1);
    memset(p, 1, n);
    REQUIRE(pipe(go) == 0);
    child = fork();
    if (child == 0) {
        REQUIRE(read(go[0], &word, 1) == 1);
        REQUIRE(all_bytes_are(p, 1, n));
        memset(p, 3, n);
        REQUIRE(all_bytes_are(p, 3, n));
        free(p);
        use_all(n / 2);
        _exit(0);
    }
    memset(p, 2, n);
    REQUIRE(write(go[1], "", 1) == 1);
    wait_for(child, 0);
    REQUIRE(all_bytes_are(p, 2, n));
    p = realloc(p, n / 4);
    REQUIRE(all_bytes_are(p, 2, n / 4));
    p = realloc(p, n / 2);
    REQUIRE(all_bytes_are(p, 2, n / 4));
    child = fork();
    if (child == 0)
        _exit(p[0] == 2 ? 0 : 1);
    wait_for(child, 0);
    free(p);
}

static void
run_empty(void)
{
    take_rest();
    for (int round = 0; round < 3; round++)
        use_all(64 * MIB);
    use_realloc(16 * MIB);
    REQUIRE(STAT(hugetlb_refused) > 0 && STAT(hugetlb_regions) == 0);
}

int
main(int argc, char **argv)
{
    require_active();
    watchdog(100);
    REQUIRE(argc == 2);
    if (strcmp(argv[1], "cycle") == 0)
        run_cycle();
    else if (strcmp(argv[1], "whole") == 0)
        run_whole();
    else if (strcmp(argv[1], "resize") == 0)
        run_resize();
    else if (strcmp(argv[1], "fork") == 0)
        run_fork();
    else
        run_empty();
    return 0;
}
