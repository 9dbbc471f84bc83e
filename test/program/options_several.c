/* SPDX-License-Identifier: MIT */
/* Starts itself again with wrong settings in a known order. */
#include "misuse.h"

static char preload[4096];

static char *const settings[] = {preload,
                                 (char[]){"LAZYZERO_CHECK=perhaps"},
                                 (char[]){"LAZYZERO_VERBOSE=1"},
                                 (char[]){"LAZYZERO_NONSENSE"},
                                 (char[]){"LAZYZERO_THRESHOLD=1T1"},
                                 (char[]){"LAZYZERO_="},
                                 (char[]){"LAZYZERO_THRESHOLD=3K"},
                                 (char[]){"lazyzero_check=perhaps"},
                                 NULL};

int
main(int argc, char **argv)
{
    require_active();
    if (argc == 2)
        return 0;
    snprintf(preload, sizeof(preload), "LD_PRELOAD=%s", getenv("LD_PRELOAD"));
    execve(argv[0], (char *[]){argv[0], (char[]){"again"}, NULL}, settings);
    return 1;
}
