/* SPDX-License-Identifier: MIT */
/*
 * joined_blocks pages|sizes|stranger|unreached|mixed|locked|all_locked: large
 * blocks made of several freed ones. `pages`: three blocks serve one of their
 * sizes, and no page is faulted in anew. `sizes`: buffers of many sizes, all
 * written, cost the faults of their peak and some at the start. `stranger`: a
 * block that is hardly used does not hold what was kept. `unreached`: what a
 * vector leaves when it grows, and the end of it that it never reaches, do not
 * raise the peak. `mixed`: any order of malloc, calloc, realloc and free keeps
 * every byte. `locked`, `all_locked`: what is freed does not count as locked,
 * although the block grew while it was.
 */
#include <sys/mman.h>
#include <sys/resource.h>

#include "dirty.h"

static size_t
faults(void)
{
    struct rusage usage;

    REQUIRE(getrusage(RUSAGE_SELF, &usage) == 0);
    return (size_t)usage.ru_minflt;
}

static char *volatile blocks[3];

static char *
written(size_t n)
{
    char *p = malloc(n);

    REQUIRE(p != NULL);
    memset(p, 0xA5, n);
    return p;
}

static void
free_all(void)
{
    for (size_t i = 0; i < 3; i++) {
        free(blocks[i]);
        blocks[i] = NULL;
    }
}

/* The first rounds show that freed memory is wanted again. */
static void
run_pages(void)
{
    size_t before = 0;

    for (int round = 0; round < 8; round++) {
        for (size_t i = 0; i < 3; i++)
            blocks[i] = written(64 * MIB);
        free_all();
        before = faults();
        free(written(192 * MIB));
    }
    REQUIRE(faults() - before < 192 * MIB / 4096 / 50);
}

static unsigned
next_random(void)
{
    static uint64_t seed = 12345;

    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(seed >> 33);
}

static void
run_sizes(void)
{
    size_t live[3] = {0}, peak = 0, now = 0, before = faults();

    for (size_t i = 0; i < 300; i++) {
        free(blocks[i % 3]);
        now -= live[i % 3];
        live[i % 3] = (2 + next_random() % 24 * 4) * MIB;
        blocks[i % 3] = written(live[i % 3]);
        now += live[i % 3];
        peak = now > peak ? now : peak;
    }
    free_all();
    REQUIRE(faults() - before < peak / 4096 * 4);
}

static void
run_stranger(void)
{
    char *volatile p;
    size_t before;

    for (int round = 0; round < 4; round++) {
        for (size_t i = 0; i < 3; i++)
            blocks[i] = written(160 * MIB);
        free_all();
    }
    before = resident_bytes();
    REQUIRE(before > 200 * MIB);
    p = malloc(1024 * MIB);
    memset(p, 1, 10 * MIB);
    usleep(4500000);
    free(written(3 * MIB));
    REQUIRE(resident_bytes() < (10 + 64 + 24) * MIB);
    free(p);
}

/* So much of a block that doubles its size is reached: 24, 32 or 40 MiB. */
static char *
grow(size_t reached)
{
    char *volatile p = written(MIB), *volatile q;

    for (size_t size = MIB; size < reached; p = q, size *= 2) {
        q = malloc(2 * size);
        memcpy(q, p, size);
        free(p);
        memset(q + size, 0xA5,
               (2 * size < reached ? 2 * size : reached) - size);
    }
    return p;
}

static void
run_unreached(void)
{
    char *small[64];
    char *volatile p;
    size_t before = resident_bytes(), most = 0, now;

    for (size_t round = 0; round < 6; round++) {
        p = grow((24 + 8 * (round % 3)) * MIB);
        for (size_t i = 0; i < 64; i++)
            small[i] = written(400000);
        now = resident_bytes();
        most = now > most ? now : most;
        for (size_t i = 0; i < 64; i++)
            free(small[i]);
        free(p);
    }
    /*
     * A last growth holds 32 + 32 MiB, beside what jemalloc keeps: 25, and a
     * few more where its pages are huge.
     */
    REQUIRE(most - before < (64 + 25 + 24) * MIB);
}

/* What waits in a CPU's cache serves a larger block with its pages. */
static void
run_cached(void)
{
    char *volatile p, *volatile q;
    size_t before;

    test_use_caches();
    p = written(4 * MIB);
    q = written(4 * MIB);
    free(p);
    free(q);
    before = faults();
    p = written(7 * MIB);
    REQUIRE(faults() - before < 1200); /* of 1,792 */
    free(p);
}

#define SLOTS 6

static void
check(const unsigned char *p, size_t n, unsigned char value)
{
    for (size_t i = 0; i < n; i += 509)
        REQUIRE(p[i] == value);
    REQUIRE(n == 0 || p[n - 1] == value);
}

static void
run_mixed(void)
{
    unsigned char *p[SLOTS] = {NULL};
    size_t size[SLOTS] = {0};

    for (unsigned i = 1; i < 300; i++) {
        unsigned k = next_random() % SLOTS, how = next_random() % 4;
        size_t n = (size_t)(1 + next_random() % 40) * MIB + next_random() % MIB;
        unsigned char value = (unsigned char)(p[k] == NULL ? 0 : p[k][0]);
        size_t common = n < size[k] ? n : size[k];

        check(p[k], size[k], value);
        if (how == 0) {
            p[k] = realloc(p[k], n);
            check(p[k], common, value);
        } else {
            free(p[k]);
            p[k] = how == 1 ? calloc(1, n) : malloc(n);
            if (how == 1)
                require_zero(p[k], n);
        }
        memset(p[k], (int)(i % 255 + 1), n);
        size[k] = n;
    }
    for (unsigned k = 0; k < SLOTS; k++)
        free(p[k]);
}

/* Three blocks become one, which grows. */
static void
grow_joined(bool locks)
{
    char *p;

    for (size_t i = 0; i < 3; i++)
        blocks[i] = written(16 * MIB);
    free_all();
    p = written(48 * MIB - 64 * 1024);
    if (locks && mlock(p, 48 * MIB - 64 * 1024) != 0)
        skip("memory may not be locked");
    p = realloc(p, 64 * MIB);
    REQUIRE(p != NULL && all_bytes_are(p, 0xA5, 48 * MIB - 64 * 1024));
    free(p);
}

static void
run_locked(bool all)
{
    if (all && mlockall(MCL_FUTURE) != 0)
        skip("memory may not be locked");
    for (int round = 0; round < 6; round++)
        grow_joined(!all);
    munlockall();
    malloc_trim(0);
    REQUIRE(locked_bytes() < 2 * MIB);
}

int
main(int argc, char **argv)
{
    require_active();
    watchdog(100);
    REQUIRE(argc == 2);
    if (strcmp(argv[1], "pages") == 0)
        run_pages();
    else if (strcmp(argv[1], "sizes") == 0)
        run_sizes();
    else if (strcmp(argv[1], "stranger") == 0)
        run_stranger();
    else if (strcmp(argv[1], "unreached") == 0)
        run_unreached();
    else if (strcmp(argv[1], "cached") == 0)
        run_cached();
    else if (strstr(argv[1], "locked") != NULL)
        run_locked(strcmp(argv[1], "all_locked") == 0);
    else
        run_mixed();
    return 0;
}
