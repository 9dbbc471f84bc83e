/* SPDX-License-Identifier: MIT */
#include "dyld.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

static bool
is_below(const char *path, const char *folder)
{
    return strncmp(path, folder, strlen(folder)) == 0;
}

/* What users add is in /usr/local. */
bool
dyld_is_protected(const char *path)
{
    if (is_below(path, "/usr/"))
        return !is_below(path, "/usr/local/");
    return is_below(path, "/bin/") || is_below(path, "/sbin/") ||
           is_below(path, "/System/");
}

/*
 * "dyld[PID]: <UUID> PATH", one for each image that was loaded. The inserted
 * images are loaded at the start, and what they interpose is bound then.
 */
enum host_proof
dyld_read_log(const char *log, pid_t pid, const char *library)
{
    char *start = text_format("dyld[%ld]: <", (long)pid), *line = NULL, *name;
    FILE *file = fopen(log, "r");
    enum host_proof proof = HOST_UNKNOWN;
    size_t size = 0;

    while (file != NULL && proof != HOST_SERVED &&
           getline(&line, &size, file) > 0) {
        if (!is_below(line, start) || (name = strstr(line, "> ")) == NULL)
            continue;
        name += 2;
        name[strcspn(name, "\n")] = '\0';
        proof = strcmp(name, library) == 0 ? HOST_SERVED : HOST_NOT_SERVED;
    }
    if (file != NULL)
        fclose(file);
    free(line);
    free(start);
    return proof;
}
