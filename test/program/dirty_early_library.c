/* SPDX-License-Identifier: MIT */
/*
 * A library that is relocated before liblazyzero is: its resolver calls memset
 * and bzero when only this library's own references to them are filled in.
 */
#include <stdbool.h>
#include <string.h>
#include <strings.h>

extern void *__memset_chk(void *p, int c, size_t n, size_t room);

#define EXPORT __attribute__((visibility("default")))

EXPORT int library_value(void);
EXPORT int library_resolver_worked(void);

static unsigned char bytes[3 << 20];

static int
forty_three(void)
{
    return 43;
}

__attribute__((used)) static int (*resolve(void))(void)
{
    memset(bytes, 1, sizeof(bytes));
    memset(bytes, 0, 1 << 20);
    bzero(bytes + (1 << 20), 1 << 20);
    __memset_chk(bytes + (2 << 20), 0, 100, 200);
    return forty_three;
}

/* Called from here, so that relocating this library runs the resolver. */
static int value(void) __attribute__((ifunc("resolve")));

int
library_value(void)
{
    return value();
}

int
library_resolver_worked(void)
{
    size_t zeros = (2 << 20) + 100;

    for (size_t i = 0; i < sizeof(bytes); i++) {
        if (bytes[i] != (i >= zeros))
            return false;
    }
    return true;
}
