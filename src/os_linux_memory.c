/* SPDX-License-Identifier: MIT */
/* How much memory this process may use: RAM, and the limit of its cgroup. */
#include "os.h"

#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <unistd.h>

/* The start of a file as a string; false when there is none. */
static bool
read_start(const char *path, char *text, size_t size)
{
    int fd = lz_os_open(path, O_RDONLY | O_CLOEXEC, 0);
    ssize_t got;

    if (fd < 0)
        return false;
    got = syscall(SYS_read, fd, text, size - 1);
    lz_os_close(fd);
    text[got > 0 ? got : 0] = '\0';
    return got > 0;
}

/* A limit file holds a number of bytes or "max". */
static size_t
read_limit(const char *path)
{
    char text[32];
    size_t limit = 0;

    if (!read_start(path, text, sizeof(text)))
        return SIZE_MAX;
    for (const char *c = text; *c >= '0' && *c <= '9'; c++) {
        if (limit > SIZE_MAX / 10 - 1)
            return SIZE_MAX;
        limit = limit * 10 + (size_t)(*c - '0');
    }
    return limit == 0 ? SIZE_MAX : limit;
}

static size_t
smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/*
 * The path in the line of /proc/self/cgroup that starts with "0::" (v2) or
 * names the memory controller (v1: "4:memory:/path"). Ends the line in place.
 */
static char *
find_group(char *text, const char *key)
{
    char *at = strstr(text, key), *end;

    if (at == NULL)
        return NULL;
    at += strlen(key);
    end = strchr(at, '\n');
    if (end != NULL)
        *end = '\0';
    return at;
}

/* The smallest limit from our group up to the root of the hierarchy. */
static size_t
hierarchy_limit(const char *root, char *group, const char *file)
{
    size_t limit = SIZE_MAX;
    char path[512], *slash;

    do {
        if (strlen(root) + strlen(group) + strlen(file) + 1 > sizeof(path))
            return limit;
        strcpy(path, root);
        strcat(path, group);
        strcat(path, file);
        limit = smaller(limit, read_limit(path));
        slash = strrchr(group, '/');
        if (slash != NULL)
            *slash = '\0';
    } while (slash != NULL);
    return limit;
}

/* In a container without its host's paths the root of the hierarchy is left. */
static size_t
group_limit(void)
{
    char text[2048] = "", nowhere[1] = "", *group;

    read_start("/proc/self/cgroup", text, sizeof(text));
    group = find_group(text, ":memory:");
    if (group != NULL)
        return hierarchy_limit("/sys/fs/cgroup/memory", group,
                               "/memory.limit_in_bytes");
    group = find_group(text, "0::");
    return hierarchy_limit("/sys/fs/cgroup", group != NULL ? group : nowhere,
                           "/memory.max");
}

size_t
lz_os_memory_size(void)
{
    int saved = errno;
    struct sysinfo info;
    size_t memory = 0;

    if (sysinfo(&info) == 0)
        memory = smaller((size_t)info.totalram * info.mem_unit, group_limit());
    errno = saved;
    return memory;
}
