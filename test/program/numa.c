/* SPDX-License-Identifier: MIT */
/*
 * numa placed POLICY|local|own|any|refused: LAZYZERO_NUMA.
 *
 * `placed`: every page of a block is where the option says
 * (numa_maps), also after reuse, split, join and realloc. `local`: a thread of
 * one node gets no pages that were kept on another. `own`: the program's own
 * set_mempolicy and mbind win. These need two nodes, and end with 77 without.
 * `any`: works on any machine. `refused`: as in a container that forbids mbind.
 */
#include <sched.h>
#include <sys/mman.h>

#include "dirty.h"
#include "seccomp_filter.h"
#include "stat.h"

/* Linux, include/uapi/linux/mempolicy.h */
enum { DEFAULT, PREFERRED, BIND };
#define OF_ADDRESS 3ul /* MPOL_F_NODE | MPOL_F_ADDR */
#define ALLOWED 4ul    /* MPOL_F_MEMS_ALLOWED */
#define SIZE (24 * MIB)

static void
need_two_nodes(void)
{
    unsigned long nodes[16] = {0};

    if (syscall(SYS_get_mempolicy, NULL, nodes, 1025ul, NULL, ALLOWED) != 0 ||
        (nodes[0] & 3) != 3)
        skip("this machine does not have the nodes 0 and 1");
}

/* Pages of the mappings with that policy, by node. */
static void
count_pages(const char *policy, size_t pages[2])
{
    FILE *file = fopen("/proc/self/numa_maps", "r");
    char line[1024], has[256];

    REQUIRE(file != NULL);
    pages[0] = pages[1] = 0;
    while (fgets(line, sizeof(line), file) != NULL) {
        REQUIRE(sscanf(line, "%*x %255s", has) == 1);
        if (strcmp(has, policy) != 0)
            continue;
        for (size_t node = 0; node < 2; node++) {
            char key[8];
            const char *at;

            snprintf(key, sizeof(key), " N%zu=", node);
            at = strstr(line, key);
            if (at != NULL)
                pages[node] += strtoul(at + strlen(key), NULL, 10);
        }
    }
    fclose(file);
}

static size_t
node_of(void *p)
{
    int node = -1;

    REQUIRE(syscall(SYS_get_mempolicy, &node, NULL, 0ul, p, OF_ADDRESS) == 0);
    return (size_t)node;
}

/* How many pages of the block are on that node. */
static size_t
count_on(size_t node, char *p, size_t n)
{
    size_t count = 0;

    for (size_t at = 0; at < n; at += page_size())
        count += node_of(p + at) == node;
    return count;
}

static const char *policy; /* as numa_maps has it */
static size_t node;        /* of bind */
static bool halves;

static void
require_placed(char *p, size_t n)
{
    size_t all = n / page_size(), there, pages[2];

    memset(p, 1, n);
    there = count_on(node, p, n);
    count_pages(policy, pages);
    if (halves) {
        REQUIRE(there >= all * 9 / 20 && there <= all * 11 / 20);
        REQUIRE(pages[0] >= all * 9 / 20 && pages[1] >= all * 9 / 20);
    } else {
        REQUIRE(there == all);
        REQUIRE(pages[!node] == 0 && pages[node] >= all);
    }
}

static char *
placed(size_t n)
{
    char *p = malloc(n);

    REQUIRE(p != NULL);
    require_placed(p, n);
    return p;
}

static void
run_placed(void)
{
    char *p, *q[3];

    if (halves || node != 0)
        need_two_nodes();
    free(placed(3 * SIZE));
    /* The rounds show that freed memory is wanted again. */
    for (int round = 0; round < 4; round++) {
        free(placed(3 * SIZE)); /* reuse */
        free(placed(SIZE));     /* split */
        for (int i = 0; i < 3; i++)
            q[i] = placed(SIZE);
        for (int i = 0; i < 3; i++)
            free(q[i]);
        free(placed(3 * SIZE)); /* join */
    }
    REQUIRE(STAT(regions_reused) > 0 && STAT(regions_split) > 0);
    REQUIRE(STAT(regions_joined) > 0);
    lazyzero_trim(); /* a joined block would be copied */
    p = placed(SIZE);
    p = realloc(p, 2 * SIZE);
    require_placed(p, 2 * SIZE);
    p = realloc(p, 5 * SIZE);
    require_placed(p, 5 * SIZE);
    REQUIRE(STAT(resized_by_move) > 0);
    p = realloc(p, SIZE);
    p = realloc(p, SIZE + MIB);
    require_placed(p, SIZE + MIB);
    /* An end that the program changed is mapped anew. */
    REQUIRE(mprotect(p + SIZE / 2, page_size(), PROT_READ) == 0);
    p = realloc(p, SIZE / 2);
    p = realloc(p, SIZE);
    require_placed(p, SIZE);
    free(p);
    REQUIRE(STAT(numa_regions) > 0);
}

/* Runs on a processor of that node from now on. */
static void
move_to(size_t wanted)
{
    cpu_set_t set;
    unsigned cpu, at;

    for (int i = 0; i < CPU_SETSIZE; i++) {
        CPU_ZERO(&set);
        CPU_SET(i, &set);
        if (sched_setaffinity(0, sizeof(set), &set) == 0 &&
            syscall(SYS_getcpu, &cpu, &at, NULL) == 0 && at == wanted)
            return;
    }
    skip("a node has no processor");
}

static void
require_local(size_t here)
{
    char *p = malloc(SIZE);

    memset(p, 1, SIZE);
    REQUIRE(count_on(here, p, SIZE) == SIZE / page_size());
    free(p);
}

static void
run_local(void)
{
    char *p;

    need_two_nodes();
    for (int round = 0; round < 3; round++) {
        for (size_t here = 0; here < 2; here++) {
            move_to(here);
            require_local(here);
            require_local(here);
        }
    }
    REQUIRE(STAT(regions_reused) > 0);
    /* Pages of both nodes: nobody gets them. */
    lazyzero_trim();
    p = malloc(SIZE);
    memset(p, 1, SIZE / 2);
    move_to(0);
    memset(p + SIZE / 2, 1, SIZE / 2);
    free(p);
    REQUIRE(STAT(retained_bytes) == 0);
}

static void
run_own(void)
{
    unsigned long zero = 1;
    char *p;

    need_two_nodes();
    p = malloc(SIZE);
    REQUIRE(syscall(SYS_mbind, p - (uintptr_t)p % page_size(), SIZE, (long)BIND,
                    &zero, 65ul, 0ul) == 0);
    memset(p, 1, SIZE);
    REQUIRE(count_on(1, p, SIZE) == 0);
    REQUIRE(STAT(numa_regions) == 1);
    REQUIRE(syscall(SYS_set_mempolicy, (long)BIND, &zero, 65ul) == 0);
    free(p);
    lazyzero_trim();
    p = malloc(SIZE);
    memset(p, 1, SIZE);
    REQUIRE(count_on(1, p, SIZE) == 0);
    REQUIRE(STAT(numa_regions) == 1);
    free(p);
}

static void
run_any(void)
{
    use_every_size_dirty();
    use_all(SIZE);
}

static void
run_refused(void)
{
    static const unsigned calls[] = {SYS_mbind, SYS_get_mempolicy,
                                     SYS_set_mempolicy, SYS_move_pages};

    if (!install_filter(calls, COUNT(calls), SECCOMP_RET_ERRNO | EPERM,
                        SECCOMP_RET_ALLOW))
        skip("no seccomp filters");
    run_any();
}

int
main(int argc, char **argv)
{
    require_active();
    watchdog(100);
    REQUIRE(argc >= 2);
    if (strcmp(argv[1], "placed") == 0) {
        REQUIRE(argc == 3);
        policy = argv[2];
        halves = sscanf(policy, "bind:%zu", &node) != 1;
        run_placed();
    } else if (strcmp(argv[1], "local") == 0) {
        run_local();
    } else if (strcmp(argv[1], "own") == 0) {
        run_own();
    } else if (strcmp(argv[1], "refused") == 0) {
        run_refused();
    } else {
        run_any();
    }
    return 0;
}
