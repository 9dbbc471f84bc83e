/* SPDX-License-Identifier: MIT */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "child.h"
#include "say.h"
#include "text.h"

static char *folder;

static void
remove_folder(void)
{
    DIR *open = opendir(folder);
    struct dirent *entry;

    while (open != NULL && (entry = readdir(open)) != NULL) {
        char *path = text_format("%s/%s", folder, entry->d_name);

        unlink(path);
        free(path);
    }
    if (open != NULL)
        closedir(open);
    rmdir(folder);
}

const char *
child_folder(void)
{
    const char *where = getenv("TMPDIR");

    if (folder != NULL)
        return folder;
    if (where == NULL || where[0] != '/')
        where = "/tmp";
    folder = text_format("%s/lazyzero.XXXXXX", where);
    if (mkdtemp(folder) == NULL)
        say_stop(SAY_FAILED, "cannot create a folder in %s: %s (set TMPDIR)",
                 where, strerror(errno));
    atexit(remove_folder);
    return folder;
}
