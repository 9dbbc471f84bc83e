/* SPDX-License-Identifier: MIT */
/* The memory of a process and of all that it started, proc(5). */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"
#include "say.h"
#include "text.h"

struct processes {
    pid_t *ids;
    size_t count;
};

static void
add(struct processes *all, pid_t id)
{
    all->ids = say_got(realloc(all->ids, sizeof(*all->ids) * (all->count + 1)));
    all->ids[all->count++] = id;
}

/* The children of one thread: "12 34 ". */
static void
add_listed(struct processes *all, const char *path)
{
    char *text = text_read(path), *rest = text, *end;
    long id;

    while (rest != NULL && (id = strtol(rest, &end, 10)) > 0 && end != rest) {
        add(all, (pid_t)id);
        rest = end;
    }
    free(text);
}

static void
add_children(struct processes *all, pid_t parent)
{
    char *folder = text_format("/proc/%ld/task", (long)parent);
    DIR *open = opendir(folder);
    struct dirent *entry;

    while (open != NULL && (entry = readdir(open)) != NULL) {
        char *path = text_format("%s/%s/children", folder, entry->d_name);

        if (entry->d_name[0] != '.')
            add_listed(all, path);
        free(path);
    }
    if (open != NULL)
        closedir(open);
    free(folder);
}

/* What it shares counts in parts. Another user's tells its resident set only.
 */
static double
memory_of(pid_t process)
{
    char *path = text_format("/proc/%ld/smaps_rollup", (long)process);
    char *text = text_read(path);
    char *line = text == NULL ? NULL : strstr(text, "\nPss:");
    double bytes = line == NULL ? host_resident(process)
                                : strtod(line + strlen("\nPss:"), NULL) * 1024;

    free(text);
    free(path);
    return bytes;
}

double
host_tree_memory(pid_t process)
{
    struct processes all = {0};
    double bytes = 0;

    add(&all, process);
    for (size_t i = 0; i < all.count; i++)
        add_children(&all, all.ids[i]);
    /* Of one alone the kernel itself keeps the peak, which is exact. */
    for (size_t i = 0; i < all.count && all.count > 1; i++)
        bytes += memory_of(all.ids[i]);
    free(all.ids);
    return bytes;
}
