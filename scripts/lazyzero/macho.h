/* SPDX-License-Identifier: MIT */
/*
 * Reads Mach-O files: Apple's <mach-o/fat.h>, <mach-o/loader.h> and
 * <mach-o/nlist.h>, and signatures as in xnu's cs_blobs.h. What matters of them
 * is repeated in macho.c, so that the tests run without those headers. A file
 * that is truncated or malicious is read as one that has less.
 */
#ifndef MACHO_H
#define MACHO_H

#include "image.h"

#define MACHO_MOST_SLICES 16

/* The part for one machine: a whole file, or a part of a universal one. */
struct macho_slice {
    struct image image;
    const char *machine; /* "arm64", "arm64e", "x86_64", ... */
};

/* Fills at most MACHO_MOST_SLICES; their number, 0: the file is no Mach-O. */
int macho_slices(struct macho_slice *slices, const struct image *file);

/* NULL: there is none for that machine. */
const struct macho_slice *macho_find_machine(const struct macho_slice *slices,
                                             int count, const char *machine);

/* Of `count` slices, at least one: the one that the kernel starts here. */
const struct macho_slice *macho_running(const struct macho_slice *slices,
                                        int count);

/* "arm64" or "x86_64": what this process runs as. */
const char *macho_own_machine(void);

enum { MACHO_EXECUTABLE = 2, MACHO_LIBRARY = 6 };

/* One of them, or another number. */
uint32_t macho_kind(const struct image *image);

/* Does it ask for dyld? */
bool macho_has_linker(const struct image *image);

bool macho_has_section(const struct image *image, const char *name);

/* Does it import the name ("_malloc"), or else define it for others? */
bool macho_has_symbol(const struct image *image, const char *name,
                      bool imported);

enum {
    MACHO_SIGNED_RESTRICT = 0x800,
    MACHO_SIGNED_LIBRARIES = 0x2000, /* library validation */
    MACHO_SIGNED_RUNTIME = 0x10000,  /* the hardened runtime */
};

/* What its signature asks for; 0: nothing, or there is none. */
uint32_t macho_signed_flags(const struct image *image);

/* Does its signature grant the entitlement? */
bool macho_is_entitled(const struct image *image, const char *name);

#endif
