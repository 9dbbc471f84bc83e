/* SPDX-License-Identifier: MIT */
/*
 * advised ADVICE FLAG: a program gives this advice to its block from the second
 * page on, as numpy does. The block stays one mapping and is handed out again;
 * the flag of that advice (proc(5), VmFlags) is gone then, and so it is where
 * the program takes its advice back. "-": the flag may stay.
 *
 * advised contents: advice about what a block holds, and not about how it is
 * treated, changes nothing: memset leaves the pages of a new one out as before.
 */
#include <sys/mman.h>

#include "dirty.h"

#define SIZE (9 * MIB)

static const struct {
    const char *name;
    int advice, back;
} kinds[] = {
    {"huge", MADV_HUGEPAGE, MADV_NOHUGEPAGE},
    {"nohuge", MADV_NOHUGEPAGE, MADV_HUGEPAGE},
    {"sequential", MADV_SEQUENTIAL, MADV_NORMAL},
    {"random", MADV_RANDOM, MADV_NORMAL},
    {"dontdump", MADV_DONTDUMP, MADV_DODUMP},
    {"mergeable", MADV_MERGEABLE, MADV_UNMERGEABLE},
};

/* The whole block lies in one mapping; has that the flag? */
static bool
has_flag(const char *p, const char *flag)
{
    FILE *file = fopen("/proc/self/smaps", "r");
    char line[512];
    unsigned long start, end, at = (unsigned long)(uintptr_t)p;
    bool here = false;

    REQUIRE(file != NULL);
    while (fgets(line, sizeof(line), file) != NULL) {
        if (sscanf(line, "%lx-%lx ", &start, &end) == 2)
            here = start <= at && at < end;
        if (here && strncmp(line, "VmFlags:", 8) == 0)
            break;
    }
    fclose(file);
    REQUIRE(here);
    REQUIRE(at + SIZE <= end);
    return strstr(line, flag) != NULL;
}

static char *
new_block(void)
{
    char *p = malloc(SIZE);

    REQUIRE(p != NULL);
    return p;
}

static void
advise(char *p, int advice)
{
    size_t first = page_size() - (uintptr_t)p % page_size();

    if (madvise(p + first, SIZE - first, advice) != 0) {
        REQUIRE(errno == EINVAL);
        skip("the kernel does not know this advice");
    }
    /* What the kernel refuses is refused. */
    REQUIRE(madvise(p + 1, SIZE / 2, advice) == -1);
    REQUIRE(errno == EINVAL);
}

#define MADV_LATER 20 /* MADV_COLD, which an older libc lacks */

static void
advise_contents(void)
{
    static const int advice[] = {MADV_WILLNEED, MADV_DONTNEED, MADV_FREE,
                                 MADV_LATER};

    for (size_t i = 0; i < sizeof(advice) / sizeof(advice[0]); i++) {
        size_t before;
        char *p;

        malloc_trim(0);
        p = new_block();
        if (madvise(p, SIZE / 2 & -page_size(), advice[i]) != 0)
            REQUIRE(errno == EINVAL);
        before = resident_bytes();
        memset(p, 0, SIZE);
        REQUIRE(resident_bytes() < before + MIB);
        free(p);
    }
}

int
main(int argc, char **argv)
{
    size_t kind = 0;
    char *p, *q;

    require_active();
    watchdog(60);
    if (argc == 2 && strcmp(argv[1], "contents") == 0) {
        advise_contents();
        return 0;
    }
    REQUIRE(argc == 3);
    while (strcmp(kinds[kind].name, argv[1]) != 0)
        REQUIRE(++kind < sizeof(kinds) / sizeof(kinds[0]));
    for (int round = 0; round < 3; round++) {
        p = new_block();
        /* Other pages than those of the rest, unless it is advised too. */
        advise(p, kinds[kind].advice);
        make_dirty(p);
        REQUIRE(argv[2][0] == '-' || has_flag(p, argv[2]));
        free(p);
        q = new_block();
        REQUIRE(q == p);
        REQUIRE(!has_flag(q, argv[2]));
        advise(q, kinds[kind].advice);
        advise(q, kinds[kind].back);
        REQUIRE(!has_flag(q, argv[2]));
        free(q);
        use_all(SIZE);
    }
    return 0;
}
