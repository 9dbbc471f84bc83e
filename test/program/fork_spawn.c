/* SPDX-License-Identifier: MIT */
/*
 * vfork, posix_spawn, system and popen, whose children run another program,
 * while a thread allocates. The children have the library preloaded too.
 */
#include <spawn.h>

#include "active.h"
#include "watch.h"

extern char **environ;

static void
by_vfork(void)
{
    pid_t child = vfork();

    if (child == 0) {
        execl("/bin/sh", "sh", "-c", "exit 3", (char *)NULL);
        _exit(127);
    }
    wait_for(child, 3);
}

/* Shares the parent's memory until it leaves, and starts nothing. */
static void
by_vfork_and_exit(void)
{
    pid_t child = vfork();

    if (child == 0)
        _exit(4);
    wait_for(child, 4);
}

static void
by_spawn(void)
{
    char shell[] = "sh", option[] = "-c", command[] = "exit 5";
    char *arguments[] = {shell, option, command, NULL};
    pid_t child;

    REQUIRE(posix_spawnp(&child, "sh", NULL, NULL, arguments, environ) == 0);
    wait_for(child, 5);
}

static void
by_popen(void)
{
    FILE *output = popen("echo text; exit 6", "r");
    char line[16];

    REQUIRE(output != NULL);
    REQUIRE(fgets(line, sizeof(line), output) != NULL);
    REQUIRE(strcmp(line, "text\n") == 0);
    REQUIRE(WEXITSTATUS(pclose(output)) == 6);
}

int
main(void)
{
    require_active();
    watchdog(60);
    start_thread(allocate_forever);
    for (int i = 0; i < 25; i++) {
        by_vfork();
        by_vfork_and_exit();
        by_spawn();
        REQUIRE(WEXITSTATUS(system("exit 7")) == 7);
        by_popen();
        use_every_size();
    }
    return 0;
}
