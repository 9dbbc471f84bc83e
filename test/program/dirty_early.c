/* SPDX-License-Identifier: MIT */
/*
 * memset before anything is set up: while the program is being relocated (from
 * the resolver of an indirect function, in the program and in a library), and
 * before any constructor has run.
 */
#include <strings.h>

#include "dirty.h"

/* Set by the two resolvers. */
static unsigned char from_resolver[3 << 20];
extern int library_value(void);
extern int library_resolver_worked(void);

static int
forty_two(void)
{
    return 42;
}

__attribute__((used)) static int (*resolve(void))(void)
{
    memset(from_resolver, 1, sizeof(from_resolver));
    memset(from_resolver, 0, sizeof(from_resolver) - 100);
    bzero(from_resolver + sizeof(from_resolver) - 100, 50);
    return forty_two;
}

static int program_value(void) __attribute__((ifunc("resolve")));

static bool preinit_worked;

static void
check_block(size_t n)
{
    char *p = malloc(n);

    memset(p, DIRT, n);
    free(p);
    p = malloc(n);
    memset(p, 0, n);
    preinit_worked = preinit_worked && all_bytes_are(p, 0, n);
    memset(p, DIRT, n);
    free(p);
    p = calloc(1, n);
    preinit_worked = preinit_worked && all_bytes_are(p, 0, n);
    free(p);
}

static void
before_constructors(void)
{
    preinit_worked = true;
    for (size_t i = 0; i < DIRTY_SIZES; i++)
        check_block(dirty_sizes[i]);
}

__attribute__((section(".preinit_array"),
               used)) static void (*preinit)(void) = before_constructors;

int
main(void)
{
    size_t n = sizeof(from_resolver);

    require_active();
    watchdog(60);
    REQUIRE(program_value() == 42);
    REQUIRE(all_bytes_are(from_resolver, 0, n - 50));
    REQUIRE(all_bytes_are(from_resolver + n - 50, 1, 50));
    REQUIRE(library_value() == 43);
    REQUIRE(library_resolver_worked());
    REQUIRE(preinit_worked);
    use_every_size_dirty();
    return 0;
}
