/* SPDX-License-Identifier: MIT */
/*
 * dirty_left HOW PART: a large block that the program treated in some way, in
 * part or as a whole, and freed as it is. The next owners must be able to write
 * all of it, find zeros where these were promised, and see it in their
 * children.
 */
#include <sys/mman.h>

#include "dirty.h"
#include "process_madvise.h"

#ifndef MADV_WIPEONFORK
#define MADV_WIPEONFORK 18
#endif
#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#endif

static const size_t sizes[] = {2 * MIB, 3 * MIB + 5, 11 * MIB};

#define SIZES (sizeof(sizes) / sizeof(sizes[0]))

struct treatment {
    const char *name;
    int advice; /* or -1, and prot; or PROCESS, and prot by process_madvise */
    int prot;
};

#define PROCESS (-2)

/* Allowed for all advice, on oneself, since Linux 6.13. */
static void
treat_by_process(char *p, size_t n, int advice)
{
    struct iovec range = {p, n};
    int self = open_self();

    if (process_madvise(self, &range, 1, advice, 0) != (ssize_t)n)
        skip("process_madvise does not take this advice");
    close(self);
}

static const struct treatment treatments[] = {
    {"none", -1, PROT_NONE},
    {"read", -1, PROT_READ},
    {"exec", -1, PROT_READ | PROT_WRITE | PROT_EXEC},
    {"dontfork", MADV_DONTFORK, 0},
    {"wipeonfork", MADV_WIPEONFORK, 0},
    {"free", MADV_FREE, 0},
    {"dontneed", MADV_DONTNEED, 0},
    {"hugepage", MADV_HUGEPAGE, 0},
    {"nohugepage", MADV_NOHUGEPAGE, 0},
    {"dontdump", MADV_DONTDUMP, 0},
    {"mergeable", MADV_MERGEABLE, 0},
    {"random", MADV_RANDOM, 0},
    {"process", PROCESS, MADV_DONTFORK},
};

static void
treat(const struct treatment *how, char *p, size_t n)
{
    if (how->advice == PROCESS)
        treat_by_process(p, n, how->prot);
    else if (how->advice < 0)
        REQUIRE(mprotect(p, n, how->prot) == 0);
    else if (madvise(p, n, how->advice) != 0)
        skip("the kernel does not know this advice");
}

/* Dirty, treated in the pages [from, to), given as parts of 6. */
static void
leave(const struct treatment *how, size_t n, size_t from, size_t to)
{
    size_t page = page_size();
    char *p = malloc(n);
    size_t pages;

    make_dirty(p);
    pages = malloc_usable_size(p) / page;
    treat(how, p + pages * from / 6 * page,
          (pages * to / 6 - pages * from / 6) * page);
    free(p);
}

/* malloc asks no page table: what it hands out must be usable all the same. */
static void
require_there_in_child(size_t n)
{
    char *p = malloc(n);
    pid_t child;

    REQUIRE(p != NULL);
    memset(p, 0x11, n);
    child = fork();
    if (child == 0) {
        REQUIRE(all_bytes_are(p, 0x11, n));
        memset(p, 0x22, n);
        free(p);
        use_all(n);
        _exit(0);
    }
    wait_for(child, 0);
    REQUIRE(all_bytes_are(p, 0x11, n));
    free(p);
}

static void
check(const struct treatment *how, size_t n, size_t from, size_t to)
{
    leave(how, n, from, to);
    use_all(n);
    leave(how, n, from, to);
    use_memset(n);
    leave(how, n, from, to);
    use_realloc(n);
    leave(how, n, from, to);
    require_there_in_child(n);
    use_scattered(n);
}

int
main(int argc, char **argv)
{
    const struct treatment *how = NULL;

    require_active();
    watchdog(100);
    REQUIRE(argc == 3);
    for (size_t i = 0; i < sizeof(treatments) / sizeof(treatments[0]); i++) {
        if (strcmp(argv[1], treatments[i].name) == 0)
            how = &treatments[i];
    }
    REQUIRE(how != NULL);
    for (size_t i = 0; i < SIZES; i++) {
        if (strcmp(argv[2], "whole") == 0) {
            check(how, sizes[i], 0, 6);
            continue;
        }
        check(how, sizes[i], 0, 2);
        check(how, sizes[i], 2, 4);
        check(how, sizes[i], 4, 6);
    }
    return 0;
}
