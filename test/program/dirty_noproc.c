/* SPDX-License-Identifier: MIT */
/*
 * dirty_noproc before|after: /proc is not there, from the start or from some
 * moment on. In a mount namespace of the program's own.
 */
#include <sched.h>
#include <sys/mount.h>

#include "dirty.h"

static void
unmount_proc(void)
{
    if (unshare(CLONE_NEWNS) != 0)
        skip("no mount namespace of its own");
    if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        umount2("/proc", MNT_DETACH) != 0)
        skip("/proc cannot be unmounted");
    REQUIRE(access("/proc/self/pagemap", F_OK) != 0);
}

int
main(int argc, char **argv)
{
    pid_t child;

    require_active();
    watchdog(60);
    REQUIRE(argc == 2);
    if (strcmp(argv[1], "after") == 0)
        use_every_size_dirty();
    unmount_proc();
    use_every_size_dirty();
    child = fork();
    if (child == 0) {
        use_every_size_dirty();
        _exit(0);
    }
    wait_for(child, 0);
    return 0;
}
