/* SPDX-License-Identifier: MIT */
/*
 * first_call CALL SIZE: the call comes from .preinit_array, before any
 * constructor, the library's own included.
 */
#include <errno.h>

#include "misuse.h"

extern void *memalign(size_t align, size_t n);
extern void *valloc(size_t n);
extern void *pvalloc(size_t n);
extern size_t malloc_usable_size(void *p);
extern int malloc_trim(size_t keep);
extern void *mallocx(size_t n, int flags) __attribute__((weak));
extern size_t nallocx(size_t n, int flags) __attribute__((weak));
extern int mallctl(const char *name, void *old, size_t *old_size, void *fresh,
                   size_t fresh_size) __attribute__((weak));

static void *block;
static bool done;

/* Calls that return a block; false for any other name. */
static bool
allocate(const char *call, size_t n)
{
    if (strcmp(call, "malloc") == 0)
        block = malloc(n);
    else if (strcmp(call, "calloc") == 0)
        block = calloc(1, n);
    else if (strcmp(call, "realloc") == 0)
        block = realloc(NULL, n);
    else if (strcmp(call, "reallocarray") == 0)
        block = reallocarray(NULL, 1, n);
    else if (strcmp(call, "posix_memalign") == 0)
        return posix_memalign(&block, 64, n) == 0;
    else if (strcmp(call, "aligned_alloc") == 0)
        block = aligned_alloc(64, n);
    else if (strcmp(call, "memalign") == 0)
        block = memalign(64, n);
    else if (strcmp(call, "valloc") == 0)
        block = valloc(n);
    else if (strcmp(call, "pvalloc") == 0)
        block = pvalloc(n);
    else if (strcmp(call, "mallocx") == 0)
        block = mallocx(n, 0);
    return block != NULL;
}

/* Calls that return none. */
static bool
ask(const char *call, size_t n)
{
    unsigned arenas;
    size_t size = sizeof(arenas);

    if (strcmp(call, "free") == 0)
        return free(NULL), true;
    if (strcmp(call, "malloc_usable_size") == 0)
        return malloc_usable_size(NULL) == 0;
    if (strcmp(call, "malloc_trim") == 0)
        return malloc_trim(0) == 1;
    if (strcmp(call, "nallocx") == 0)
        return nallocx(n, 0) >= n;
    if (strcmp(call, "mallctl") == 0)
        return mallctl("arenas.narenas", &arenas, &size, NULL, 0) == 0;
    if (strcmp(call, "lazyzero_owns") == 0)
        return lazyzero_owns(&n) == 0;
    return strcmp(call, "lazyzero_is_active") == 0 && test_is_active();
}

static void
first(int argc, char **argv, char **environment)
{
    size_t n = argc == 3 ? strtoul(argv[2], NULL, 10) : 0;

    (void)environment;
    errno = ODD_ERRNO;
    done = argc == 3 && (allocate(argv[1], n) || ask(argv[1], n)) &&
           errno == ODD_ERRNO;
}

typedef void (*initializer)(int argc, char **argv, char **environment);

static const initializer entry
    __attribute__((section(".preinit_array"), used)) = first;

int
main(int argc, char **argv)
{
    require_active();
    if (!done || argc != 3)
        return 1;
    if (block != NULL)
        memset(block, 0xa5, strtoul(argv[2], NULL, 10));
    free(block);
    return 0;
}
