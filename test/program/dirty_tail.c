/* SPDX-License-Identifier: MIT */
/*
 * dirty_tail HOW: the program treats the end of its block, gives that end back
 * by realloc, and gets it again by another realloc. Whatever it did there is
 * gone then.
 */
#include <sys/mman.h>

#include "dirty.h"

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#endif

/* Of one size class, so that the block grows where it is. */
#define LONG (31 * MIB / 4)
#define SHORT (27 * MIB / 4)

static int file;

static void
open_file(void)
{
    char byte = 'f';

    file = (int)syscall(SYS_memfd_create, "tail", 0);
    REQUIRE(file >= 0 && ftruncate(file, (off_t)LONG) == 0);
    REQUIRE(pwrite(file, &byte, 1, 0) == 1);
}

static void
treat(char *p, size_t n, const char *how)
{
    if (strcmp(how, "protected") == 0)
        REQUIRE(mprotect(p, n, PROT_NONE) == 0);
    else if (strcmp(how, "read_only") == 0)
        REQUIRE(mprotect(p, n, PROT_READ) == 0);
    else if (strcmp(how, "file") == 0)
        REQUIRE(mmap(p, n, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, file,
                     0) == p);
    else if (strcmp(how, "dontfork") == 0)
        REQUIRE(madvise(p, n, MADV_DONTFORK) == 0);
    else if (strcmp(how, "locked") == 0)
        REQUIRE(mlock(p, n) == 0);
    else if (madvise(p, n, MADV_GUARD_INSTALL) != 0)
        skip("the kernel knows no guard markers");
}

static char *
grown_again(const char *how, size_t from)
{
    char *p = malloc(LONG);
    size_t usable = malloc_usable_size(p), page = page_size();
    size_t at = from / page * page;

    make_dirty(p);
    treat(p + at, usable - at, how);
    p = realloc(p, SHORT);
    REQUIRE(p != NULL);
    REQUIRE(strcmp(how, "locked") != 0 || locked_bytes() <= SHORT - at + page);
    p = realloc(p, LONG);
    REQUIRE(p != NULL);
    REQUIRE(all_bytes_are(p, DIRT, SHORT));
    return p;
}

static void
require_usable(char *p)
{
    pid_t child;

    memset(p + SHORT, 'x', LONG - SHORT);
    child = fork();
    if (child == 0) {
        REQUIRE(all_bytes_are(p + SHORT, 'x', LONG - SHORT));
        _exit(0);
    }
    wait_for(child, 0);
    free(p);
    use_all(LONG);
}

int
main(int argc, char **argv)
{
    char byte = 0;

    require_active();
    watchdog(60);
    REQUIRE(argc == 2);
    open_file();
    for (int i = 0; i < 3; i++)
        require_usable(grown_again(argv[1], SHORT + page_size()));
    REQUIRE(pread(file, &byte, 1, 0) == 1 && byte == 'f');
    return 0;
}
