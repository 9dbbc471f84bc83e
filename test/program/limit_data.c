/* SPDX-License-Identifier: MIT */
/*
 * limit_data data|overcommit: the system promises no more than it has:
 * RLIMIT_DATA, or vm.overcommit_memory=2 (set by check_kernel). What does not
 * fit is refused with ENOMEM. What was freed can be allocated again, in one
 * piece.
 */
#include <sys/resource.h>

#include "dirty.h"

#define PIECE (128 * MIB)
#define PIECES 1000

static void
limit_data(rlim_t bytes)
{
    struct rlimit limit;

    REQUIRE(getrlimit(RLIMIT_DATA, &limit) == 0);
    limit.rlim_cur = bytes;
    REQUIRE(setrlimit(RLIMIT_DATA, &limit) == 0);
}

/* As many as there are, at least three; never touched. */
static size_t
take_all(char **pieces)
{
    size_t count = 0;

    while (count < PIECES && (pieces[count] = malloc(PIECE)) != NULL)
        count++;
    REQUIRE(errno == ENOMEM);
    REQUIRE(count >= 3 && count < PIECES);
    return count;
}

static void
check(void)
{
    static char *pieces[PIECES];
    size_t count = take_all(pieces);
    char *whole, *grown;

    errno = 0;
    REQUIRE(calloc(1, PIECE) == NULL && errno == ENOMEM);
    grown = realloc(pieces[0], 1000 * PIECE);
    REQUIRE(grown == NULL && errno == ENOMEM);
    pieces[0][0] = 1;
    for (size_t i = 0; i < count; i++)
        free(pieces[i]);
    whole = calloc(1, (count - 1) * PIECE);
    REQUIRE(whole != NULL && whole[PIECE] == 0);
    free(whole);
    use_every_size_dirty();
}

static bool
overcommit_is_strict(void)
{
    FILE *file = fopen("/proc/sys/vm/overcommit_memory", "r");
    bool strict = file != NULL && fgetc(file) == '2';

    if (file != NULL)
        fclose(file);
    return strict;
}

int
main(int argc, char **argv)
{
    require_active();
    watchdog(60);
    REQUIRE(argc == 2);
    use_every_size_dirty();
    if (strcmp(argv[1], "data") == 0)
        limit_data(1024 * MIB);
    else
        REQUIRE(overcommit_is_strict());
    check();
    check();
    return 0;
}
