/* SPDX-License-Identifier: MIT */
#include "library.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host.h"
#include "inspect.h"
#include "say.h"
#include "text.h"

/* Relative to the folder of this command: built, then installed. */
static const char *const places[] = {
    ".",      "../" LIBRARY_FOLDER, "../lib/" ARCHITECTURE_FOLDER, "../lib64",
    "../lib",
};

static char *
own_folder(void)
{
    char *path = host_own_path(), *slash;

    if (path == NULL)
        say_stop(SAY_FAILED,
                 "cannot find out where this command is installed (is "
                 "/proc mounted?): name the library with --library "
                 "FILE");
    slash = strrchr(path, '/');
    *slash = '\0';
    return path;
}

const char *
library_look(void)
{
    char *folder = own_folder(), *found = NULL;

    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]) && !found; i++) {
        char *path =
            text_format("%s/%s/%s", folder, places[i], host_library_name);

        if (access(path, R_OK) == 0)
            found = realpath(path, NULL);
        free(path);
    }
    free(folder);
    return found;
}

const char *
library_check(const char *path)
{
    char *whole = realpath(path, NULL);

    if (whole == NULL || access(whole, R_OK) != 0)
        say_stop(SAY_FAILED, "cannot read the library %s", path);
    if (!inspect_is_library(whole))
        say_stop(SAY_FAILED, "%s is no shared library for this machine", path);
    if (strpbrk(whole, host_preload_separators) != NULL)
        say_stop(
            SAY_FAILED,
            "the dynamic linker cannot preload a path that contains one of "
            "'%s': move %s to another folder",
            host_preload_separators, whole);
    return whole;
}

const char *
library_find(const char *given)
{
    const char *found = given != NULL ? given : library_look();

    if (found == NULL)
        say_stop(
            SAY_FAILED,
            "there is no %s beside this command (%s) or in its ../lib: build "
            "or install it, or name it with --library FILE",
            host_library_name, own_folder());
    found = library_check(found);
    if (!inspect_is_ours(found))
        say_stop(SAY_FAILED,
                 "%s is not liblazyzero (compare takes other libraries with "
                 "--with)",
                 found);
    return found;
}

/* Calls `visit` for each name in the preload variable until it says true. */
static char *
find_preloaded(bool (*wanted)(const char *path, const char *library),
               const char *library)
{
    const char *now = getenv(host_preload_variable);
    char *names = text_format("%s", now == NULL ? "" : now), *rest = names;
    char *name, *found = NULL;

    while (found == NULL &&
           (name = strsep(&rest, host_preload_separators)) != NULL) {
        if (*name != '\0' && wanted(name, library))
            found = text_format("%s", name);
    }
    free(names);
    return found;
}

static bool
is_same(const char *path, const char *library)
{
    char *whole = realpath(path, NULL);
    bool same = whole != NULL && strcmp(whole, library) == 0;

    free(whole);
    return same;
}

static bool
is_rival(const char *path, const char *library)
{
    return !is_same(path, library) && inspect_exports_malloc(path);
}

char *
library_rival(const char *library)
{
    return find_preloaded(is_rival, library);
}

void
library_preload(const char *library)
{
    const char *now = getenv(host_preload_variable);
    char *there = find_preloaded(is_same, library);
    char *value = now == NULL || *now == '\0'
                      ? text_format("%s", library)
                      : text_format("%s:%s", now, library);

    if (there == NULL && setenv(host_preload_variable, value, 1) != 0)
        say_got(NULL);
    free(there);
    free(value);
}
