/* SPDX-License-Identifier: MIT */
/*
 * dirty_reuse plain|huge|locked|not_inherited|protected N: what a program did
 * to its block must not cost the next one a fresh mapping where that can be
 * undone. The program runs itself again with LAZYZERO_STATS=1 and reads there
 * how many blocks were used again: at least N, of which there are 20.
 */
#include <sys/mman.h>

#include "dirty.h"

#define ROUNDS 20
#define SIZE (5 * MIB)

static void
treat(char *p, const char *how)
{
    char *part = p + 16 * page_size();
    size_t n = 2 * MIB;

    if (strcmp(how, "huge") == 0)
        REQUIRE(madvise(part, n, MADV_HUGEPAGE) == 0 || errno == EINVAL);
    else if (strcmp(how, "locked") == 0)
        REQUIRE(mlock(part, page_size()) == 0);
    else if (strcmp(how, "not_inherited") == 0)
        REQUIRE(madvise(part, n, MADV_DONTFORK) == 0);
    else if (strcmp(how, "protected") == 0)
        REQUIRE(mprotect(part, n, PROT_READ) == 0);
}

static int
use_again_and_again(const char *how)
{
    require_active();
    watchdog(60);
    for (int round = 0; round <= ROUNDS; round++) {
        char *p = calloc(1, SIZE);

        require_zero(p, SIZE);
        make_dirty(p);
        treat(p, how);
        free(p);
    }
    return 0;
}

/* The standard error of this program run as `how`; its statistics. */
static FILE *
run_again(char *program, char *how, pid_t *child)
{
    int ends[2];

    REQUIRE(pipe(ends) == 0);
    *child = fork();
    if (*child == 0) {
        char *arguments[] = {program, how, NULL};

        setenv("LAZYZERO_STATS", "1", 1);
        dup2(ends[1], STDERR_FILENO);
        execv("/proc/self/exe", arguments);
        _exit(1);
    }
    close(ends[1]);
    return fdopen(ends[0], "r");
}

int
main(int argc, char **argv)
{
    char line[256];
    unsigned reused = 0;
    pid_t child;
    FILE *said;

    if (argc == 2)
        return use_again_and_again(argv[1]);
    require_active();
    REQUIRE(argc == 3);
    said = run_again(argv[0], argv[1], &child);
    while (fgets(line, sizeof(line), said) != NULL)
        sscanf(line, " regions_reused %u", &reused);
    wait_for(child, 0);
    REQUIRE(reused >= (unsigned)atoi(argv[2]));
    REQUIRE(reused <= ROUNDS);
    return 0;
}
