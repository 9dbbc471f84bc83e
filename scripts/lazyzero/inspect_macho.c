/* SPDX-License-Identifier: MIT */
/* What dyld would do with a program, as its Mach-O file tells. */
#include "inspect.h"

#include <stdlib.h>
#include <string.h>

#include "macho.h"
#include "text.h"

/* By a definition that its own calls use, or as an interposer. Of the latter
 * only those of malloc import malloc_size: without it Objective-C ends. */
static bool
serves_malloc(const struct image *image)
{
    return macho_has_symbol(image, "_malloc", false) ||
           (macho_has_section(image, "__interpose") &&
            macho_has_symbol(image, "_malloc_size", true));
}

static char *
signature_obstacle(const struct image *image, const char *path)
{
    static const struct {
        uint32_t flags;
        const char *entitlement, *consequence;
    } rules[] = {
        {MACHO_SIGNED_RUNTIME | MACHO_SIGNED_RESTRICT,
         "com.apple.security.cs.allow-dyld-environment-variables",
         "ignores DYLD_INSERT_LIBRARIES for it"},
        {MACHO_SIGNED_RUNTIME | MACHO_SIGNED_LIBRARIES,
         "com.apple.security.cs.disable-library-validation",
         "loads only its signer's libraries into it"},
    };
    uint32_t flags = macho_signed_flags(image);

    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        if ((flags & rules[i].flags) != 0 &&
            !macho_is_entitled(image, rules[i].entitlement))
            return text_format("%s has a hardened runtime without %s: dyld %s. "
                               "Sign a copy of it anew: codesign --force "
                               "--sign - COPY",
                               path, rules[i].entitlement,
                               rules[i].consequence);
    }
    return NULL;
}

static char *
image_obstacle(const struct image *image, const char *path)
{
    if (macho_kind(image) != MACHO_EXECUTABLE)
        return NULL; /* the kernel will say what it is */
    if (!macho_has_linker(image))
        return text_format("%s is statically linked, and nothing can be "
                           "inserted into it. Link it dynamically",
                           path);
    if (macho_has_section(image, "__restrict"))
        return text_format("%s has a section __restrict: dyld ignores "
                           "DYLD_INSERT_LIBRARIES for it. Link it without",
                           path);
    /* Of Go's sections the one that 1.19 and 1.26 both have. */
    if (macho_has_section(image, "__gopclntab") &&
        !macho_has_symbol(image, "_malloc", true))
        return text_format("%s is a Go program without cgo: it has Go's own "
                           "allocator and no C malloc to serve",
                           path);
    if (serves_malloc(image))
        return text_format("%s brings a malloc of its own, which its calls "
                           "reach before any inserted one. Build it without "
                           "(Redis: make MALLOC=libc)",
                           path);
    return signature_obstacle(image, path);
}

/* "arm64 and x86_64". The caller's memory. */
static char *
machine_names(const struct macho_slice *slices, int count)
{
    char *names = text_format("%s", slices[0].machine);

    for (int i = 1; i < count; i++) {
        char *longer = text_format("%s and %s", names, slices[i].machine);

        free(names);
        names = longer;
    }
    return names;
}

static char *
machine_obstacle(const char *path, const char *machine, const char *library,
                 const struct macho_slice *others, int count)
{
    char *names, *obstacle;

    if (strcmp(machine, "arm64e") == 0)
        return text_format("%s is for arm64e, which macOS keeps for programs "
                           "of its own. Run another build of it (Homebrew's)",
                           path);
    if (macho_find_machine(others, count, machine) != NULL)
        return NULL;
    names = machine_names(others, count);
    obstacle =
        text_format("%s runs as %s, and %s is for %s. Build liblazyzero "
                    "for both: -DCMAKE_OSX_ARCHITECTURES=\"arm64;x86_64\"",
                    path, machine, library, names);
    free(names);
    return obstacle;
}

char *
inspect_obstacle(const char *executable, const char *library)
{
    struct macho_slice slices[MACHO_MOST_SLICES], others[MACHO_MOST_SLICES];
    struct image image, other;
    const struct macho_slice *slice;
    char *obstacle = NULL;
    int count, other_count = 0;

    if (!image_open(&image, executable))
        return NULL; /* the kernel will say what it is */
    count = macho_slices(slices, &image);
    if (count > 0 && image_open(&other, library)) {
        slice = macho_running(slices, count);
        other_count = macho_slices(others, &other);
        if (other_count > 0)
            obstacle = machine_obstacle(executable, slice->machine, library,
                                        others, other_count);
        if (other_count > 0 && obstacle == NULL)
            obstacle = image_obstacle(&slice->image, executable);
        image_close(&other);
    }
    image_close(&image);
    return obstacle;
}

bool
inspect_is_library(const char *path)
{
    struct macho_slice slices[MACHO_MOST_SLICES];
    const struct macho_slice *own;
    struct image image;
    bool fits;

    if (!image_open(&image, path))
        return false;
    own = macho_find_machine(slices, macho_slices(slices, &image),
                             macho_own_machine());
    fits = own != NULL && macho_kind(&own->image) == MACHO_LIBRARY;
    image_close(&image);
    return fits;
}

bool
inspect_is_ours(const char *path)
{
    struct macho_slice slices[MACHO_MOST_SLICES];
    struct image image;
    bool found;
    int count;

    if (!image_open(&image, path))
        return false;
    count = macho_slices(slices, &image);
    found = count > 0 && macho_has_symbol(&macho_running(slices, count)->image,
                                          "_lazyzero_is_active", false);
    image_close(&image);
    return found;
}

bool
inspect_exports_malloc(const char *path)
{
    struct macho_slice slices[MACHO_MOST_SLICES];
    struct image image;
    bool found;
    int count;

    if (!image_open(&image, path))
        return false;
    count = macho_slices(slices, &image);
    found = count > 0 && serves_malloc(&macho_running(slices, count)->image);
    image_close(&image);
    return found;
}
