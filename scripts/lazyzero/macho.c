/* SPDX-License-Identifier: MIT */
#include "macho.h"

#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "say.h"
#include "text.h"

enum {
    FAT_START = 8,     /* behind magic and count */
    FAT_ENTRY = 20,    /* machine, subtype, offset, size, alignment */
    FAT_ENTRY_64 = 32, /* the same, of 8 bytes where it grows */
    HEADER_SIZE = 32,  /* of a 64-bit image */
};

#define MAGIC_FAT 0xcafebabeU /* Java's classes have it too */
#define MAGIC_FAT_64 0xcafebabfU
#define MAGIC_32 0xfeedfaceU
#define MAGIC_64 0xfeedfacfU

struct header {
    uint32_t magic, machine, subtype, kind, commands, commands_size, flags, pad;
};

struct command {
    uint32_t kind, size;
};

enum {
    COMMAND_SYMBOLS = 0x2,
    COMMAND_LINKER = 0xe,
    COMMAND_SEGMENT = 0x19,
    COMMAND_SIGNATURE = 0x1d,
};

struct segment {
    struct command command;
    char name[16];
    uint64_t address, size, file_offset, file_size;
    uint32_t most, initial, sections, flags;
};

struct section {
    char name[16], segment[16];
    uint64_t address, size;
    uint32_t offset, align, relocations, relocation_count, flags, reserved[3];
};

/* LC_SYMTAB; and LC_CODE_SIGNATURE up to `count`, which is in bytes there. */
struct table {
    struct command command;
    uint32_t offset, count, strings, strings_size;
};

struct symbol {
    uint32_t name;
    uint8_t type, section;
    uint16_t description;
    uint64_t value;
};

enum { TYPE_DEBUG = 0xe0, TYPE_PLACE = 0x0e, TYPE_EXTERNAL = 0x01 };

/* A signature is big-endian: blobs of a magic, a length and their contents. */
#define MAGIC_SIGNATURE 0xfade0cc0U
#define MAGIC_DIRECTORY 0xfade0c02U
#define MAGIC_ENTITLEMENTS 0xfade7171U

enum {
    SLOT_DIRECTORY = 0,
    SLOT_ENTITLEMENTS = 5,
    DIRECTORY_FLAGS = 12, /* where in the directory */
};

/* Copied, because in a malicious file nothing is aligned. */
static bool
fetch(const struct image *image, uint64_t offset, void *to, size_t size)
{
    const void *from = image_at(image, offset, 1, size);

    if (from != NULL)
        memcpy(to, from, size);
    return from != NULL;
}

/* 0 behind the end. */
static uint64_t
read_big(const struct image *image, uint64_t offset, int size)
{
    const unsigned char *bytes = image_at(image, offset, 1, (uint64_t)size);
    uint64_t value = 0;

    for (int i = 0; bytes != NULL && i < size; i++)
        value = value << 8 | bytes[i];
    return value;
}

static const char *
machine_name(const struct header *header)
{
    switch (header->machine) {
    case 0x01000007:
        return "x86_64";
    case 0x0100000c:
        return (header->subtype & 0xffffff) == 2 ? "arm64e" : "arm64";
    case 7:
        return "i386";
    default:
        return "another machine";
    }
}

/* False if the part of the file is not an image. */
static bool
read_slice(struct macho_slice *slice, const struct image *file, uint64_t offset,
           uint64_t size)
{
    const char *base = image_at(file, offset, 1, size);
    struct header header;

    if (base == NULL)
        return false;
    slice->image = (struct image){base, (size_t)size};
    if (!fetch(&slice->image, 0, &header, sizeof(header)) ||
        (header.magic != MAGIC_32 && header.magic != MAGIC_64))
        return false;
    slice->machine = machine_name(&header);
    return true;
}

int
macho_slices(struct macho_slice *slices, const struct image *file)
{
    uint64_t magic = read_big(file, 0, 4), count = read_big(file, 4, 4);
    int wide = magic == MAGIC_FAT_64 ? 8 : 4, found = 0;
    uint64_t at = FAT_START;

    if (magic != MAGIC_FAT && magic != MAGIC_FAT_64)
        return read_slice(slices, file, 0, file->size);
    for (uint64_t i = 0; i < count && i < MACHO_MOST_SLICES; i++) {
        found += read_slice(&slices[found], file, read_big(file, at + 8, wide),
                            read_big(file, at + 8 + (unsigned)wide, wide));
        at += wide == 8 ? FAT_ENTRY_64 : FAT_ENTRY;
    }
    return found;
}

const struct macho_slice *
macho_find_machine(const struct macho_slice *slices, int count,
                   const char *machine)
{
    for (int i = 0; i < count; i++) {
        if (strcmp(slices[i].machine, machine) == 0)
            return &slices[i];
    }
    return NULL;
}

const char *
macho_own_machine(void)
{
    static struct utsname own;

    uname(&own);
    return own.machine;
}

/*
 * The slice that the kernel starts here, if any: first our own machine's, then
 * the kind that only the system's programs have, then what Rosetta translates.
 */
const struct macho_slice *
macho_running(const struct macho_slice *slices, int count)
{
    const char *const order[] = {"arm64e", "x86_64", "arm64"};
    const struct macho_slice *slice =
        macho_find_machine(slices, count, macho_own_machine());

    for (int i = 0; i < 3 && slice == NULL; i++)
        slice = macho_find_machine(slices, count, order[i]);
    return slice != NULL ? slice : slices;
}

/*
 * The next command of the kind after the one at `last` (0: the first of all).
 * 0: there is none.
 */
static uint64_t
find_command(const struct image *image, uint32_t kind, uint64_t last)
{
    uint64_t at = HEADER_SIZE, end;
    struct header header = {0};
    struct command command;

    fetch(image, 0, &header, sizeof(header));
    end = at + header.commands_size;
    for (; at < end && fetch(image, at, &command, sizeof(command)) &&
           command.size >= sizeof(command);
         at += command.size) {
        if (command.kind == kind && at > last)
            return at;
    }
    return 0;
}

bool
macho_has_section(const struct image *image, const char *name)
{
    struct segment segment;
    struct section section;
    uint64_t at = 0;

    while ((at = find_command(image, COMMAND_SEGMENT, at)) != 0) {
        uint64_t next = at + sizeof(segment);

        if (!fetch(image, at, &segment, sizeof(segment)))
            return false;
        for (uint32_t i = 0; i < segment.sections &&
                             fetch(image, next, &section, sizeof(section));
             i++, next += sizeof(section)) {
            if (strncmp(section.name, name, sizeof(section.name)) == 0)
                return true;
        }
    }
    return false;
}

/* Strip leaves what is imported and what is defined for others. */
bool
macho_has_symbol(const struct image *image, const char *name, bool imported)
{
    uint64_t at = find_command(image, COMMAND_SYMBOLS, 0);
    struct table table = {.offset = 0};
    struct symbol symbol;

    if (at == 0 || !fetch(image, at, &table, sizeof(table)))
        return false;
    for (uint64_t i = 0; i < table.count; i++) {
        if (!fetch(image, table.offset + i * sizeof(symbol), &symbol,
                   sizeof(symbol)))
            return false;
        if ((symbol.type & (TYPE_DEBUG | TYPE_EXTERNAL)) == TYPE_EXTERNAL &&
            ((symbol.type & TYPE_PLACE) == 0) == imported &&
            strcmp(image_string(image, (uint64_t)table.strings + symbol.name),
                   name) == 0)
            return true;
    }
    return false;
}

/* The blob in that slot of the signature; an empty image if there is none. */
static struct image
find_blob(const struct image *image, uint32_t slot, uint32_t magic)
{
    uint64_t command = find_command(image, COMMAND_SIGNATURE, 0), start, count;
    struct table table = {.offset = 0};
    struct image none = {"", 0};

    if (command == 0 || !fetch(image, command, &table, 16))
        return none;
    start = table.offset;
    count = read_big(image, start + 8, 4);
    if (read_big(image, start, 4) != MAGIC_SIGNATURE)
        return none;
    for (uint64_t at = start + 12; count > 0 && at < image->size;
         at += 8, count--) {
        uint64_t blob = start + read_big(image, at + 4, 4);
        uint64_t size = read_big(image, blob + 4, 4);
        const char *base = image_at(image, blob, 1, size);

        if (read_big(image, at, 4) == slot && base != NULL && size >= 8 &&
            read_big(image, blob, 4) == magic)
            return (struct image){base, (size_t)size};
    }
    return none;
}

/* A property list: "<key>NAME</key>", blanks, "<true/>". */
bool
macho_is_entitled(const struct image *image, const char *name)
{
    struct image blob = find_blob(image, SLOT_ENTITLEMENTS, MAGIC_ENTITLEMENTS);
    char *key = text_format("<key>%s</key>", name), *list, *at;
    bool entitled = false;

    if (blob.size > 8) {
        list = say_got(strndup(blob.base + 8, blob.size - 8));
        at = strstr(list, key);
        if (at != NULL) {
            at += strlen(key);
            at += strspn(at, " \t\r\n");
            entitled = strncmp(at, "<true/>", 7) == 0;
        }
        free(list);
    }
    free(key);
    return entitled;
}

uint32_t
macho_kind(const struct image *image)
{
    struct header header = {0};

    fetch(image, 0, &header, sizeof(header));
    return header.kind;
}

bool
macho_has_linker(const struct image *image)
{
    return find_command(image, COMMAND_LINKER, 0) != 0;
}

uint32_t
macho_signed_flags(const struct image *image)
{
    struct image directory = find_blob(image, SLOT_DIRECTORY, MAGIC_DIRECTORY);

    return (uint32_t)read_big(&directory, DIRECTORY_FLAGS, 4);
}
