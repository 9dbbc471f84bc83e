/* SPDX-License-Identifier: MIT */
/* blocks [fail STATUS | signal N | sleep | at-once | exec PROGRAM...]: takes a
 * large block, then ends as it is told to. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int
main(int argc, char **argv)
{
    const char *act = argc > 1 ? argv[1] : "";
    const char *preload = getenv("LD_PRELOAD");
    char *block = calloc(1, 32 << 20);

    if (block == NULL)
        return 99;
    block[4096] = 1;
    free(block);
    puts("blocks ran");
    if (strcmp(act, "fail") == 0)
        return atoi(argv[2]);
    if (strcmp(act, "signal") == 0)
        raise(atoi(argv[2]));
    if (strcmp(act, "sleep") == 0)
        pause();
    if (strcmp(act, "at-once") == 0)
        _exit(0);
    if (strcmp(act, "exec") == 0)
        execv(argv[2], argv + 2);
    /* Fails under one library only. */
    if (strcmp(act, "fail-with") == 0)
        return preload != NULL && strstr(preload, argv[2]) != NULL ? 3 : 0;
    return 0;
}
