/* SPDX-License-Identifier: MIT */
/*
 * guard WHAT [ALIGN]: touches one byte that belongs to no block, and must be
 * killed for it. Or, as WHAT says, does only what is allowed, and checks every
 * byte.
 */
#include <malloc.h>

#include "active.h"
#include "watch.h"

extern size_t xallocx(void *p, size_t n, size_t extra, int flags)
    __attribute__((weak));

static const size_t page = 4096;
static const size_t size = (size_t)10 << 20;

/* A region that is used to its last byte. */
static char *
make(size_t align)
{
    char *p = (char *)aligned_alloc(align, size + 1);

    REQUIRE(p != NULL && ((uintptr_t)p & (align - 1)) == 0);
    REQUIRE(lazyzero_owns(p));
    memset(p, 0xa5, malloc_usable_size(p));
    return p;
}

/* Contents, size and the usable bytes hold; so does what comes after. */
static void
do_what_is_allowed(size_t align)
{
    for (int round = 0; round < 20; round++) {
        char *p = make(align);

        p = (char *)realloc(p, 3 * size);
        REQUIRE(all_bytes_are(p, 0xa5, size + 1));
        memset(p, 0xa5, malloc_usable_size(p));
        p = (char *)realloc(p, size + page + 1);
        REQUIRE(all_bytes_are(p, 0xa5, size + page + 1));
        REQUIRE(malloc_usable_size(p) == size + 2 * page);
        REQUIRE(xallocx == NULL || xallocx(p, size, 0, 0) <= size + 2 * page);
        memset(p, 0xa5, malloc_usable_size(p));
        memset(p, 0, malloc_usable_size(p));
        REQUIRE(all_bytes_are(p, 0, malloc_usable_size(p)));
        p = (char *)realloc(p, 100);
        free(p);
    }
}

/* The address that is not to be touched. */
static char *
find(const char *what, size_t align)
{
    char *p = make(align), *end = p + malloc_usable_size(p);

    if (strcmp(what, "before") == 0)
        return p - 1;
    if (strcmp(what, "after") == 0)
        return end;
    if (strcmp(what, "after_shrinking") == 0) {
        p = (char *)realloc(p, size - 3 * page);
        REQUIRE(malloc_usable_size(p) == size - 3 * page);
        return p + size - 3 * page;
    }
    free(p);
    if (strcmp(what, "freed_first") == 0)
        return p;
    if (strcmp(what, "freed_last") == 0)
        return end - 1;
    exit(2);
}

int
main(int argc, char **argv)
{
    size_t align = argc > 2 ? strtoul(argv[2], NULL, 10) : 16;
    volatile char *p;

    require_active();
    watchdog(60);
    if (argc < 2)
        return 2;
    if (strcmp(argv[1], "allowed") == 0) {
        do_what_is_allowed(align);
        return 0;
    }
    p = find(argv[1], align);
    return argc > 3 ? (*p = 1) : (*p & 0);
}
