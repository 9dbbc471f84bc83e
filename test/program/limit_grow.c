/* SPDX-License-Identifier: MIT */
/*
 * limit_grow: realloc of a large block where RLIMIT_AS has room for the new one
 * beside the old, but for no more: it grows, shrinks and grows, and nothing of
 * the tries stays mapped.
 */
#include <sys/resource.h>

#include "dirty.h"

#define BEFORE (100 * MIB)
#define AFTER (220 * MIB)

int
main(void)
{
    char *p = malloc(BEFORE);
    size_t before;
    struct rlimit limit;

    require_active();
    watchdog(60);
    make_dirty(p);
    before = mapped_bytes();
    limit.rlim_cur = limit.rlim_max = before + AFTER + 30 * MIB;
    REQUIRE(setrlimit(RLIMIT_AS, &limit) == 0);
    for (int i = 0; i < 4; i++) {
        p = realloc(p, AFTER);
        REQUIRE(p != NULL);
        REQUIRE(all_bytes_are(p, DIRT, BEFORE));
        p = realloc(p, BEFORE);
        REQUIRE(p != NULL);
        malloc_trim(0);
        REQUIRE(mapped_bytes() <= before + 40 * MIB);
    }
    free(p);
    p = malloc(AFTER);
    REQUIRE(p != NULL);
    free(p);
    return 0;
}
