/* SPDX-License-Identifier: MIT */
/* What is the same on every system that has a host_<system>.c. */
#include "host.h"

#include <sys/stat.h>
#include <unistd.h>

bool
host_changes_user(const char *executable)
{
    struct stat status;

    if (stat(executable, &status) != 0)
        return false;
    return ((status.st_mode & S_ISUID) && status.st_uid != getuid()) ||
           ((status.st_mode & S_ISGID) && (status.st_mode & S_IXGRP) &&
            status.st_gid != getgid());
}
