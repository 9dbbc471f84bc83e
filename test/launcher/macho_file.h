/* SPDX-License-Identifier: MIT */
/*
 * Writes Mach-O files byte by byte, after Apple's documents, for
 * inspect_macho.c. It does not share the constants of the code that reads them.
 */
#ifndef MACHO_FILE_H
#define MACHO_FILE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum {
    CPU_X86_64 = 0x01000007,
    CPU_ARM64 = 0x0100000c,
    CPU_I386 = 7,
    COMMANDS_AT = 32,
    SYMBOLS_AT = 1024,
    SIGNATURE_AT = 2048,
    IMAGE_SIZE = 4096,
    FILE_SIZE = 4 * IMAGE_SIZE,
};

/* What is 0 is not there; the kind is an executable's, the machine arm64. */
struct recipe {
    uint32_t machine, subtype, kind;
    bool no_linker;
    const char *section;
    const char *imports, *defines;
    uint32_t flags; /* of the signature */
    const char *entitlements;
};

static inline void
put(unsigned char *at, uint64_t value, int size)
{
    for (int i = 0; i < size; i++)
        at[i] = (unsigned char)(value >> 8 * i);
}

static inline void
put_big(unsigned char *at, uint64_t value, int size)
{
    for (int i = 0; i < size; i++)
        at[size - 1 - i] = (unsigned char)(value >> 8 * i);
}

/* One command: its kind and size, the rest is zeros until it is written. */
static inline unsigned char *
add_command(unsigned char *image, uint32_t kind, uint32_t size)
{
    unsigned char *command = image + COMMANDS_AT + image[20] + 256 * image[21];

    put(command, kind, 4);
    put(command + 4, size, 4);
    put(image + 16, image[16] + 1U, 4);
    put(image + 20, image[20] + 256U * image[21] + size, 4);
    return command;
}

static inline void
add_section(unsigned char *image, const char *name)
{
    unsigned char *command = add_command(image, 0x19, 72 + 80);

    memcpy(command + 8, "__DATA", 6);
    put(command + 64, 1, 4);
    strncpy((char *)command + 72, name, 16);
    memcpy(command + 72 + 16, "__DATA", 6);
}

/* A local one of the same name comes first, and must not count. */
static inline void
add_symbol(unsigned char *image, const char *name, bool imported)
{
    unsigned char *command = add_command(image, 0x2, 24);

    put(command + 8, SYMBOLS_AT, 4);
    put(command + 12, 2, 4);
    put(command + 16, SYMBOLS_AT + 32, 4);
    put(command + 20, 64, 4);
    put(image + SYMBOLS_AT, 1, 4);
    image[SYMBOLS_AT + 4] = imported ? 0x0e : 0x00;
    put(image + SYMBOLS_AT + 16, 1, 4);
    image[SYMBOLS_AT + 16 + 4] = imported ? 0x01 : 0x0f;
    strcpy((char *)image + SYMBOLS_AT + 32 + 1, name);
}

static inline void
add_signature(unsigned char *image, uint32_t flags, const char *entitlements)
{
    unsigned char *command = add_command(image, 0x1d, 16);
    unsigned char *start = image + SIGNATURE_AT;
    uint32_t length = entitlements == NULL ? 0 : (uint32_t)strlen(entitlements);

    put(command + 8, SIGNATURE_AT, 4);
    put(command + 12, 1024, 4);
    put_big(start, 0xfade0cc0, 4);
    put_big(start + 4, 1024, 4);
    put_big(start + 8, entitlements == NULL ? 1 : 2, 4);
    put_big(start + 12, 0, 4);
    put_big(start + 16, 128, 4);
    put_big(start + 20, 5, 4);
    put_big(start + 24, 256, 4);
    put_big(start + 128, 0xfade0c02, 4);
    put_big(start + 132, 64, 4);
    put_big(start + 136, 0x20400, 4);
    put_big(start + 140, flags, 4);
    if (entitlements == NULL)
        return;
    put_big(start + 256, 0xfade7171, 4);
    put_big(start + 260, 8 + length, 4);
    memcpy(start + 264, entitlements, length);
}

/* IMAGE_SIZE bytes. */
static inline void
make_image(unsigned char *image, struct recipe recipe)
{
    memset(image, 0, IMAGE_SIZE);
    if (recipe.machine == 0)
        recipe.machine = CPU_ARM64;
    put(image, recipe.machine == CPU_I386 ? 0xfeedface : 0xfeedfacf, 4);
    put(image + 4, recipe.machine, 4);
    put(image + 8, recipe.subtype, 4);
    put(image + 12, recipe.kind == 0 ? 2 : recipe.kind, 4);
    if (!recipe.no_linker)
        memcpy(add_command(image, 0xe, 32) + 12, "/usr/lib/dyld", 13);
    add_section(image, "__data");
    if (recipe.section != NULL)
        add_section(image, recipe.section);
    if (recipe.imports != NULL || recipe.defines != NULL)
        add_symbol(image,
                   recipe.imports != NULL ? recipe.imports : recipe.defines,
                   recipe.imports != NULL);
    if (recipe.flags != 0)
        add_signature(image, recipe.flags, recipe.entitlements);
}

/* A universal file of `count` images, FILE_SIZE bytes at most. */
static inline size_t
make_universal(unsigned char *file, bool wide, const struct recipe *recipes,
               int count)
{
    memset(file, 0, FILE_SIZE);
    put_big(file, wide ? 0xcafebabf : 0xcafebabe, 4);
    put_big(file + 4, (uint64_t)count, 4);
    for (int i = 0; i < count; i++) {
        unsigned char *entry = file + 8 + i * (wide ? 32 : 20);
        uint64_t offset = (uint64_t)(i + 1) * IMAGE_SIZE;

        make_image(file + offset, recipes[i]);
        put_big(entry, recipes[i].machine, 4);
        put_big(entry + 4, recipes[i].subtype, 4);
        put_big(entry + 8, offset, wide ? 8 : 4);
        put_big(entry + (wide ? 16 : 12), IMAGE_SIZE, wide ? 8 : 4);
    }
    return (size_t)(count + 1) * IMAGE_SIZE;
}

#endif
