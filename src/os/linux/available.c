/* SPDX-License-Identifier: MIT */
/*
 * How much memory this process may use, and how much of that is free: RAM, and
 * the limits of its control group (proc(5), cgroups(7)).
 */
#include "os/os.h"

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

/*
 * The number at the start of a text. SIZE_MAX for "max", or if it is not a
 * number.
 */
static size_t
number_in(const char *text)
{
    size_t number = 0;

    if (*text < '0' || *text > '9')
        return SIZE_MAX;
    for (; *text >= '0' && *text <= '9'; text++) {
        if (number > SIZE_MAX / 10 - 1)
            return SIZE_MAX;
        number = number * 10 + (size_t)(*text - '0');
    }
    return number;
}

static size_t
smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/*
 * The two versions of control groups: where they are, and the names of their
 * files.
 */
struct hierarchy {
    const char *root, *limit, *high, *usage, *inactive, *active;
};

static const struct hierarchy version_1 = {
    "/sys/fs/cgroup/memory",  "/memory.limit_in_bytes", NULL,
    "/memory.usage_in_bytes", "\ntotal_inactive_file ", "\ntotal_active_file "};
static const struct hierarchy version_2 = {
    "/sys/fs/cgroup",  "/memory.max",      "/memory.high",
    "/memory.current", "\ninactive_file ", "\nactive_file "};

/* The folder of one group, and room for the name of a file in it. */
struct folder {
    char path[512];
    size_t length;
};

static bool
read_file(struct folder *folder, const char *file, char *text, size_t size)
{
    if (folder->length + strlen(file) >= sizeof(folder->path))
        return false;
    strcpy(folder->path + folder->length, file);
    return read_start(folder->path, text, size);
}

static size_t
read_number(struct folder *folder, const char *file)
{
    char text[32];

    if (file == NULL || !read_file(folder, file, text, sizeof(text)))
        return SIZE_MAX;
    return number_in(text);
}

/*
 * A limit of 0 means that the group's file could not be read, and counts as no
 * limit.
 */
static size_t
level_limit(const struct hierarchy *hierarchy, struct folder *folder)
{
    size_t limit = read_number(folder, hierarchy->limit);

    return limit == 0 ? SIZE_MAX : limit;
}

static size_t
field(const char *text, const char *name)
{
    const char *at = strstr(text, name);
    size_t number = at == NULL ? 0 : number_in(at + strlen(name));

    return number == SIZE_MAX ? 0 : number;
}

/* Bytes of files that the kernel drops before it kills. */
static size_t
level_cache(const struct hierarchy *hierarchy, struct folder *folder)
{
    char text[4096] = "\n";

    if (!read_file(folder, "/memory.stat", text + 1, sizeof(text) - 1))
        return 0;
    return field(text, hierarchy->inactive) + field(text, hierarchy->active);
}

/* Caches are read only if they matter, since the kernel has to add them up. */
static size_t
level_free(const struct hierarchy *hierarchy, struct folder *folder)
{
    size_t limit = smaller(level_limit(hierarchy, folder),
                           read_number(folder, hierarchy->high));
    size_t usage;

    if (limit == SIZE_MAX)
        return SIZE_MAX;
    usage = read_number(folder, hierarchy->usage);
    if (usage < limit / 2)
        return limit - usage;
    usage -= smaller(usage, level_cache(hierarchy, folder));
    return limit - smaller(limit, usage);
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

/* The least that a level answers, from our group up to the root. */
static size_t
least_of(const struct hierarchy *hierarchy, char *group,
         size_t (*level)(const struct hierarchy *, struct folder *))
{
    struct folder folder;
    size_t least = SIZE_MAX, root = strlen(hierarchy->root);
    char *slash;

    if (root + strlen(group) >= sizeof(folder.path))
        return SIZE_MAX;
    strcpy(folder.path, hierarchy->root);
    strcat(folder.path, group);
    do {
        folder.length = root + strlen(group);
        least = smaller(least, level(hierarchy, &folder));
        slash = strrchr(group, '/');
        if (slash != NULL)
            *slash = '\0';
    } while (slash != NULL);
    return least;
}

/*
 * In a container that lacks its host's paths, only the root of the hierarchy is
 * left.
 */
static size_t
of_groups(size_t (*level)(const struct hierarchy *, struct folder *))
{
    char text[2048] = "", nowhere[1] = "", *group;

    read_start("/proc/self/cgroup", text, sizeof(text));
    group = find_group(text, ":memory:");
    if (group != NULL)
        return least_of(&version_1, group, level);
    group = find_group(text, "0::");
    return least_of(&version_2, group != NULL ? group : nowhere, level);
}

size_t
lz_os_memory_size(void)
{
    int saved = errno;
    struct sysinfo info;
    size_t memory = 0;

    if (sysinfo(&info) == 0)
        memory = smaller((size_t)info.totalram * info.mem_unit,
                         of_groups(level_limit));
    errno = saved;
    return memory;
}

/* MemAvailable (Linux 3.14): what is available without swapping, in KiB. */
static size_t
machine_free(void)
{
    char text[512] = "";
    const char *at;
    size_t kib;

    if (!read_start("/proc/meminfo", text, sizeof(text)))
        return SIZE_MAX;
    at = strstr(text, "MemAvailable:");
    if (at == NULL)
        return SIZE_MAX;
    at += strlen("MemAvailable:");
    while (*at == ' ')
        at++;
    kib = number_in(at);
    return kib > SIZE_MAX / LZ_KIB ? SIZE_MAX : kib * LZ_KIB;
}

size_t
lz_os_memory_free(void)
{
    int saved = errno;
    size_t bytes = smaller(machine_free(), of_groups(level_free));

    errno = saved;
    return bytes;
}
