/* SPDX-License-Identifier: MIT */
/* use_freed CALL [SIZE]: makes the call with a block that was freed. */
#include "misuse.h"

extern size_t malloc_usable_size(void *p);
extern void cfree(void *p) __attribute__((weak));
extern void free_sized(void *p, size_t n) __attribute__((weak));
extern void free_aligned_sized(void *p, size_t align, size_t n)
    __attribute__((weak));
extern void *rallocx(void *p, size_t n, int flags) __attribute__((weak));
extern size_t xallocx(void *p, size_t n, size_t extra, int flags)
    __attribute__((weak));
extern size_t sallocx(const void *p, int flags) __attribute__((weak));
extern void dallocx(void *p, int flags) __attribute__((weak));
extern void sdallocx(void *p, size_t n, int flags) __attribute__((weak));

static size_t size = LARGE;

static void
use(const char *call, void *p)
{
    if (strcmp(call, "free") == 0)
        free(p);
    else if (strcmp(call, "cfree") == 0)
        cfree(p);
    else if (strcmp(call, "free_sized") == 0)
        free_sized(p, size);
    else if (strcmp(call, "free_aligned_sized") == 0)
        free_aligned_sized(p, 16, size);
    else if (strcmp(call, "dallocx") == 0)
        dallocx(p, 0);
    else if (strcmp(call, "sdallocx") == 0)
        sdallocx(p, size, 0);
    else if (strcmp(call, "realloc") == 0)
        p = realloc(p, 2 * size);
    else if (strcmp(call, "realloc_small") == 0)
        p = realloc(p, 1);
    else if (strcmp(call, "realloc_zero") == 0)
        p = realloc(p, 0);
    else if (strcmp(call, "reallocarray") == 0)
        p = reallocarray(p, 2, size);
    else if (strcmp(call, "rallocx") == 0)
        p = rallocx(p, 2 * size, 0);
    else if (strcmp(call, "xallocx") == 0)
        xallocx(p, 2 * size, 0, 0);
    else if (strcmp(call, "sallocx") == 0)
        sallocx(p, 0);
    else if (strcmp(call, "malloc_usable_size") == 0)
        malloc_usable_size(p);
    else
        exit(2);
}

int
main(int argc, char **argv)
{
    void *p;

    require_active();
    if (argc < 2)
        return 2;
    if (argc == 3)
        size = strtoul(argv[2], NULL, 10);
    p = malloc(size);
    say_hex(p);
    free(p);
    use(argv[1], p);
    return 0;
}
