/* SPDX-License-Identifier: MIT */
#include "program.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "help.h"
#include "host.h"
#include "inspect.h"
#include "library.h"
#include "say.h"
#include "text.h"

static bool
is_executable(const char *path)
{
    struct stat status;

    return stat(path, &status) == 0 && S_ISREG(status.st_mode) &&
           access(path, X_OK) == 0;
}

/* As execvp(3) looks for it; NULL: nowhere. The caller's memory. */
static char *
find_in_path(const char *name)
{
    const char *path = getenv("PATH");
    char *folders = text_format("%s", path == NULL ? "/bin:/usr/bin" : path);
    char *rest = folders, *folder, *found = NULL;

    while (found == NULL && (folder = strsep(&rest, ":")) != NULL) {
        found = text_format("%s/%s", *folder == '\0' ? "." : folder, name);
        if (!is_executable(found)) {
            free(found);
            found = NULL;
        }
    }
    free(folders);
    return found;
}

static void
stop_not_found(const char *name)
{
    const char *nearest = help_nearest(name);

    if (nearest != NULL)
        say_stop(SAY_NOT_FOUND,
                 "%s: no such program in PATH; is the command %s meant?", name,
                 nearest);
    say_stop(SAY_NOT_FOUND, "%s: no such program in PATH", name);
}

static char *
find(const char *name)
{
    char *found;

    if (strchr(name, '/') == NULL) {
        found = find_in_path(name);
        if (found == NULL)
            stop_not_found(name);
        return found;
    }
    if (access(name, F_OK) != 0)
        say_stop(SAY_NOT_FOUND, "%s: no such file", name);
    if (!is_executable(name))
        say_stop(SAY_CANNOT_RUN, "%s: not an executable file", name);
    return text_format("%s", name);
}

/* The kernel's own error would be about the script. */
static void
stop_without_interpreter(const char *script, const char *name)
{
    size_t length = strlen(name);

    if (length > 0 && name[length - 1] == '\r')
        say_stop(SAY_NOT_FOUND,
                 "%s: its first line ends with a carriage return, which "
                 "would be part of its interpreter's name",
                 script);
    say_stop(SAY_NOT_FOUND, "%s: its interpreter %s does not exist", script,
             name);
}

/*
 * "/usr/bin/env -S python3 -u" runs python3. With options, which may have
 * values, the word may be another one: then env itself says what it does not
 * find.
 */
static char *
run_by_env(const char *script, char *words)
{
    bool has_options = words[strspn(words, " \t")] == '-';
    char *word, *found;

    while ((word = strsep(&words, " \t")) != NULL) {
        if (*word == '\0' || *word == '-' || strchr(word, '=') != NULL)
            continue;
        found = strchr(word, '/') == NULL ? find_in_path(word)
                                          : text_format("%s", word);
        if (found == NULL && !has_options)
            stop_without_interpreter(script, word);
        return found;
    }
    return NULL;
}

/*
 * The first line of a script: the executable that runs it, and what stands
 * behind that. NULL: the file is no script. The caller's memory, with the rest.
 */
static char *
interpreter(const char *path, char **rest)
{
    FILE *file = fopen(path, "r");
    char line[512] = "", *words = line + 2, *first;

    if (file == NULL)
        return NULL;
    if (fgets(line, sizeof(line), file) == NULL)
        line[0] = '\0';
    fclose(file);
    if (strncmp(line, "#!", 2) != 0)
        return NULL;
    words[strcspn(words, "\n")] = '\0';
    words += strspn(words, " \t");
    first = strsep(&words, " \t");
    *rest = text_format("%s", words == NULL ? "" : words);
    return text_format("%s", first);
}

/*
 * What the kernel starts in the end; it too follows few scripts of scripts.
 * `obstacle`: why one that comes before it loses the preload, env(1) say.
 */
static char *
find_executable(const char *name, char **obstacle)
{
    char *path = find(name), *rest, *next;

    for (int i = 0; i < 4 && (next = interpreter(path, &rest)) != NULL; i++) {
        char *run;

        if (access(next, F_OK) != 0)
            stop_without_interpreter(path, next);
        run =
            strcmp(text_base(next), "env") == 0 ? run_by_env(path, rest) : NULL;
        if (run != NULL && *obstacle == NULL)
            *obstacle = host_privilege(next);
        if (run != NULL) {
            free(next);
            next = run;
        }
        free(rest);
        free(path);
        path = next;
    }
    return path;
}

static char *
find_obstacle(const char *executable, const char *library)
{
    char *rival = library_rival(library), *obstacle;

    if (rival != NULL)
        return text_format("%s already names %s, whose malloc comes first. "
                           "Remove it from there",
                           host_preload_variable, rival);
    obstacle = host_privilege(executable);
    return obstacle != NULL ? obstacle : inspect_obstacle(executable, library);
}

void
program_check(const char *name, const char *library, bool force)
{
    char *obstacle = NULL, *executable = find_executable(name, &obstacle);

    if (obstacle == NULL)
        obstacle = find_obstacle(executable, library);
    if (obstacle != NULL && force)
        say_line("%s. It runs without liblazyzero", obstacle);
    else if (obstacle != NULL)
        say_stop(SAY_CANNOT_RUN, "%s (--force runs it anyway)", obstacle);
    free(obstacle);
    free(executable);
}
