/* SPDX-License-Identifier: MIT */
/*
 * What happens if the system refuses requests, or if the environment has odd
 * values.
 */
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "blocks.h"
#include "limit.h"
#include "names.h"
#include "needs.h"

extern char **environ;

PRELOAD_SUITE(limits);

/* More than the room below. */
#define LARGE (64 * MIB)
#define ROOM (16 * MIB)

static void
check_large(bool possible)
{
    for (size_t i = 0; i < COUNT(makers); i++) {
        void *p;

        errno = ODD_ERRNO;
        p = makers[i].make(LARGE);
        cr_assert_eq(p != NULL, possible, "%s", makers[i].name);
        if (possible)
            cr_assert_eq(errno, ODD_ERRNO, "%s", makers[i].name);
        else
            cr_assert(is_right_errno(makers[i].on_failure, ODD_ERRNO), "%s: %d",
                      makers[i].name, errno);
        free(p);
    }
}

static void
check_small(void)
{
    enum { BLOCKS = 1000 };
    unsigned char *blocks[BLOCKS];

    for (size_t i = 0; i < BLOCKS; i++) {
        blocks[i] = makers[i % COUNT(makers)].make(1 + i);
        cr_assert_not_null(blocks[i]);
        pattern_fill(blocks[i], 0, 1 + i, i);
    }
    for (size_t i = 0; i < BLOCKS; i++) {
        cr_assert_eq(pattern_check(blocks[i], 1 + i, i), 1 + i);
        free(blocks[i]);
    }
}

Test(limits, without_room_large_requests_fail_and_small_ones_do_not)
{
    check_large(true);
    refuse_mappings(ROOM);
    for (size_t turn = 0; turn < 3; turn++) {
        check_large(false);
        check_small();
    }
    allow_mappings();
    check_large(true);
    check_small();
}

static void
check_growth(const struct resizer *resizer, size_t n)
{
    void *p = malloc(n);

    pattern_fill(p, 0, n, 1);
    refuse_mappings(ROOM);
    errno = ODD_ERRNO;
    cr_assert_null(resizer->resize(p, n + LARGE), "%s", resizer->name);
    cr_assert(is_right_errno(resizer->on_failure, ODD_ERRNO), "%s: %d",
              resizer->name, errno);
    cr_assert_eq(pattern_check(p, n, 1), n);
    allow_mappings();
    p = resizer->resize(p, n + LARGE);
    cr_assert_not_null(p, "%s", resizer->name);
    cr_assert_eq(pattern_check(p, n, 1), n);
    free(p);
}

Test(limits, without_room_a_block_that_cannot_grow_stays)
{
    for (size_t i = 0; i < COUNT(resizers); i++) {
        check_growth(&resizers[i], 1);
        check_growth(&resizers[i], 40000);
        check_growth(&resizers[i], threshold());
        check_growth(&resizers[i], 10 * threshold());
    }
}

/* Takes all that the heap has in blocks of n bytes, as a list. */
static void *
exhaust(size_t n)
{
    void **first = NULL, **next;

    while ((next = malloc(n)) != NULL) {
        *next = first;
        first = next;
    }
    return first;
}

static void
free_list(void *first)
{
    while (first != NULL) {
        void *next = *(void **)first;

        free(first);
        first = next;
    }
}

/* A region that would become a small block stays one where there is none. */
static void
check_shrink(const struct resizer *resizer, size_t from, size_t to)
{
    void *p = malloc(from), *list;
    int after;

    pattern_fill(p, 0, from, 1);
    refuse_mappings(0);
    list = exhaust(to);
    errno = ODD_ERRNO;
    p = resizer->resize(p, to);
    after = errno;
    allow_mappings();
    free_list(list);
    cr_assert_not_null(p, "%s(%zu) from %zu", resizer->name, to, from);
    cr_assert_eq(after, ODD_ERRNO, "%s(%zu) from %zu set errno", resizer->name,
                 to, from);
    cr_assert_eq(pattern_check(p, to, 1), to);
    cr_assert(malloc_usable_size(p) >= to);
    free(p);
}

Test(limits, without_room_a_region_still_shrinks)
{
    const size_t edge = threshold();
    const size_t sizes[] = {16,       20000,    edge / 4,
                            edge / 2, edge - 1, 3 * edge / 2};

    for (size_t i = 0; i < COUNT(resizers); i++) {
        for (size_t k = 0; k < COUNT(sizes); k++)
            check_shrink(&resizers[i], 2 * edge, sizes[k]);
    }
}

/* A size class and an alignment more than LARGE, but not two blocks. */
Test(limits, without_room_a_freed_region_makes_room)
{
    void *p = malloc(LARGE);

    refuse_mappings(ROOM);
    for (size_t i = 0; i < 10; i++) {
        free(p);
        p = calloc(1, LARGE);
        cr_assert_not_null(p);
        cr_assert(lazyzero_owns(p));
        cr_assert_eq(value_check(p, 0, LARGE, 0), LARGE);
        pattern_fill(p, 0, LARGE, i);
    }
    allow_mappings();
    free(p);
}

/* What a program writes to standard error with one setting more. */
static void
run_nothing(const char *setting, char *text, size_t size)
{
    char preload[512], copy[128];
    char *arguments[] = {(char[]){NOTHING}, NULL};
    char *environment[] = {preload, copy, NULL};
    posix_spawn_file_actions_t actions;
    int ends[2], status;
    ssize_t used;
    pid_t child;

    snprintf(preload, sizeof(preload), "LD_PRELOAD=%s", getenv("LD_PRELOAD"));
    snprintf(copy, sizeof(copy), "%s", setting);
    cr_assert_eq(pipe(ends), 0);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO);
    cr_assert_eq(
        posix_spawn(&child, NOTHING, &actions, NULL, arguments, environment),
        0);
    close(ends[1]);
    used = read(ends[0], text, size - 1);
    text[used > 0 ? used : 0] = '\0';
    close(ends[0]);
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert_eq(status, 0, "%s: status %d", setting, status);
}

static void
check_setting(const char *setting, const char *expected)
{
    char text[1024];

    run_nothing(setting, text, sizeof(text));
    cr_assert_str_eq(text, expected, "%s gave:\n%s", setting, text);
}

/* The program runs all the same, with the default. */
Test(limits, a_wrong_setting_gives_one_line)
{
    check_setting("LAZYZERO_CHECK=1", "");
    check_setting("LAZYZERO_THRESHOLD=lots",
                  "liblazyzero: LAZYZERO_THRESHOLD=lots: expected a number of "
                  "bytes such as 65536, 64K, 10M or 1G; using the default\n");
    check_setting("LAZYZERO_THRESHOLD=1",
                  "liblazyzero: LAZYZERO_THRESHOLD=1: out of range; using "
                  "32768, the least\n");
    check_setting("LAZYZERO_CHECK=maybe",
                  "liblazyzero: LAZYZERO_CHECK=maybe: expected 0 or 1; using "
                  "the default\n");
    check_setting("LAZYZERO_CHEKC=1",
                  "liblazyzero: LAZYZERO_CHEKC=1: no such option; ignored (see "
                  "man liblazyzero)\n");
}
