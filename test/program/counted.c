/* SPDX-License-Identifier: MIT */
/*
 * One of each thing that is counted and traced; small blocks are not.
 *
 *   counted         as it is
 *   counted chdir   goes to / first
 *   counted fork    a child does the same once more, and exits
 *   counted exec    a child is this program anew
 *   counted close   closes every descriptor first, and opens a file in between
 */
#include <fcntl.h>
#include <sys/wait.h>

#include "misuse.h"

static void
allocate_and_free(void)
{
    char *p, *q;

    free(malloc(100));
    p = malloc(LARGE);
    memset(p, 0, LARGE);
    memset(p, 1, MIB);
    q = calloc(1, LARGE);
    p = realloc(p, LARGE - 4096); /* where it lies */
    q = realloc(q, 4 * LARGE);    /* moves */
    q = realloc(q, 100);          /* copies */
    free(p);
    p = calloc(1, LARGE); /* warm; a MiB of it was used */
    free(p);
    free(q);
    if (posix_memalign((void **)&p, 64, LARGE) == 0)
        free(p);
}

static void
in_child(const char *how, const char *self)
{
    pid_t child = fork();
    int status;

    if (child == 0) {
        if (strcmp(how, "exec") == 0)
            execl(self, self, (char *)NULL);
        allocate_and_free();
        exit(0);
    }
    if (waitpid(child, &status, 0) != child || status != 0)
        _exit(97);
}

/* What is opened afterwards may get any number, but must stay empty. */
static void
close_all(void)
{
    for (int fd = 3; fd < 1024; fd++)
        close(fd);
    for (int i = 0; i < 300; i++)
        open("others", O_RDWR | O_CREAT, 0600);
}

int
main(int argc, char **argv)
{
    const char *how = argc > 1 ? argv[1] : "";

    require_active();
    if (strcmp(how, "chdir") == 0 && chdir("/") != 0)
        return 96;
    if (strcmp(how, "close") == 0)
        close_all();
    allocate_and_free();
    if (strcmp(how, "fork") == 0 || strcmp(how, "exec") == 0)
        in_child(how, argv[0]);
    return 0;
}
