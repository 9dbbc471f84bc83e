/* SPDX-License-Identifier: MIT */
/*
 * limit_cache: what waits in the CPUs' caches is no obstacle under RLIMIT_AS to
 * aligned blocks and those that realloc makes, which are not served from there.
 */
#include <sys/resource.h>

#include "dirty.h"

#define ROOM (64 * MIB)
#define BLOCK (4 * MIB)
#define MOST (ROOM / BLOCK)

static void *
plain(void)
{
    return malloc(BLOCK);
}

static void *
aligned(void)
{
    void *p;

    return posix_memalign(&p, 64 * 1024, BLOCK) == 0 ? p : NULL;
}

static void *
grown(void)
{
    void *p = malloc(40000), *q = realloc(p, BLOCK);

    if (q == NULL)
        free(p);
    return q;
}

/* How many there are room for; none is left. */
static size_t
fill(void *(*make)(void))
{
    void *blocks[MOST];
    size_t count = 0, made;

    while (count < MOST && (blocks[count] = make()) != NULL)
        count++;
    made = count;
    while (count > 0)
        free(blocks[--count]);
    return made;
}

int
main(void)
{
    struct rlimit limit;
    size_t count;

    require_active();
    watchdog(60);
    free(malloc(BLOCK));
    limit.rlim_cur = limit.rlim_max = mapped_bytes() + ROOM;
    REQUIRE(setrlimit(RLIMIT_AS, &limit) == 0);
    count = fill(plain);
    REQUIRE(count >= 4);
    /* Each needs an aligned place, of which what is between them has fewer. */
    REQUIRE(2 * fill(aligned) >= count);
    REQUIRE(fill(plain) + 1 >= count);
    REQUIRE(fill(grown) + 1 >= count);
    return 0;
}
