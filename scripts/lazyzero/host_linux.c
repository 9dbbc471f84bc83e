/* SPDX-License-Identifier: MIT */
#include "host.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "text.h"

const char host_library_name[] = "liblazyzero.so";
const char host_preload_variable[] = "LD_PRELOAD";
const char host_preload_separators[] = ": ";
const char host_preload_places[] = "LD_PRELOAD and /etc/ld.so.preload";
const double host_peak_unit = 1024;

const char *const host_library_folders[] = {
    "/usr/local/lib/" ARCHITECTURE_FOLDER,
    "/usr/local/lib64",
    "/usr/local/lib",
    "/usr/lib/" ARCHITECTURE_FOLDER,
    "/usr/lib64",
    "/usr/lib",
    "/lib/" ARCHITECTURE_FOLDER,
    NULL,
};

char *
host_library_file(const char *stem, const char *version)
{
    return text_format("%s.so.%s", stem, version);
}

char *
host_own_path(void)
{
    return realpath("/proc/self/exe", NULL);
}

double
host_resident(pid_t process)
{
    char *path = text_format("/proc/%ld/statm", (long)process);
    char *text = text_read(path), *second;
    double pages = 0;

    if (text != NULL && (second = strchr(text, ' ')) != NULL)
        pages = strtod(second, NULL);
    free(text);
    free(path);
    return pages * (double)sysconf(_SC_PAGESIZE);
}

char *
host_describe(void)
{
    struct utsname name;
    long cores = sysconf(_SC_NPROCESSORS_ONLN);

    uname(&name);
    return text_format("%s %s %s, %ld core%s, %ld KiB pages", name.sysname,
                       name.release, name.machine, cores, cores == 1 ? "" : "s",
                       sysconf(_SC_PAGESIZE) / 1024);
}

/*
 * Such programs run in secure mode (ld.so(8)), except for root, who gains no
 * privilege from them.
 */
char *
host_privilege(const char *executable)
{
    if (host_changes_user(executable))
        return text_format("%s is set-user-ID or set-group-ID: the dynamic "
                           "linker ignores LD_PRELOAD for it. Name the library "
                           "in /etc/ld.so.preload if you must",
                           executable);
    if (getuid() != 0 &&
        getxattr(executable, "security.capability", NULL, 0) > 0)
        return text_format("%s has file capabilities: the dynamic linker "
                           "ignores LD_PRELOAD for it. Give the capability to "
                           "the service instead (systemd: AmbientCapabilities)",
                           executable);
    return NULL;
}

/* LD_DEBUG of glibc, ld.so(8). musl has no such thing and ignores it. */
void
host_trace_bindings(const char *folder)
{
    char *output = text_format("%s/bindings", folder);

    setenv("LD_DEBUG", "bindings", 1);
    setenv("LD_DEBUG_OUTPUT", output, 1);
    free(output);
}

/* "binding file FROM [0] to LIBRARY [0]: normal symbol `malloc' [VERSION]" */
static bool
serves(const char *line, const char *library)
{
    const char *to = strstr(line, " to ");
    size_t length = strlen(library);

    return to != NULL && strncmp(to + 4, library, length) == 0 &&
           to[4 + length] == ' ' && strstr(to, "symbol `malloc'") != NULL;
}

enum host_proof
host_read_bindings(const char *folder, pid_t pid, const char *library)
{
    char *path = text_format("%s/bindings.%ld", folder, (long)pid);
    char *line = NULL;
    FILE *file = fopen(path, "r");
    enum host_proof proof = HOST_NOT_SERVED;
    size_t size = 0;

    free(path);
    if (file == NULL)
        return HOST_UNKNOWN;
    while (proof != HOST_SERVED && getline(&line, &size, file) > 0) {
        if (serves(line, library))
            proof = HOST_SERVED;
    }
    free(line);
    fclose(file);
    return proof;
}
