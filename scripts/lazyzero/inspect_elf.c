/* SPDX-License-Identifier: MIT */
/* Reads ELF files, elf(5): headers of any kind, details of our own class. */
#include "inspect.h"

#include <elf.h>
#include <link.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "image.h"
#include "text.h"

static bool
open_elf(struct image *image, const char *path)
{
    const char *start;

    if (!image_open(image, path))
        return false;
    start = image_at(image, 0, 1, sizeof(ElfW(Ehdr)));
    if (start != NULL && memcmp(start, ELFMAG, SELFMAG) == 0)
        return true;
    image_close(image);
    return false;
}

static const ElfW(Ehdr) * header(const struct image *image)
{
    return (const void *)image->base;
}

/* e_machine lies in the same place in both classes. */
static bool
same_machine(const struct image *a, const struct image *b)
{
    return memcmp(a->base, b->base, EI_DATA + 1) == 0 &&
           header(a)->e_machine == header(b)->e_machine;
}

static const char *
machine_name(const struct image *image)
{
    static const struct {
        int machine;
        const char *name;
    } names[] = {{EM_X86_64, "x86-64"},   {EM_386, "i386"},
                 {EM_AARCH64, "aarch64"}, {EM_ARM, "arm"},
                 {EM_RISCV, "riscv"},     {EM_PPC64, "ppc64"},
                 {EM_S390, "s390"}};
    bool wide = image->base[EI_CLASS] == ELFCLASS64;

    if (header(image)->e_machine == EM_X86_64 && !wide)
        return "x32";
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (header(image)->e_machine == names[i].machine)
            return names[i].name;
    }
    return wide ? "another 64-bit machine" : "another 32-bit machine";
}

/* The first program header of the type; NULL: none. */
static const ElfW(Phdr) * find_segment(const struct image *image, uint32_t type)
{
    const ElfW(Ehdr) *head = header(image);
    const ElfW(Phdr) *segment =
        image_at(image, head->e_phoff, head->e_phnum, sizeof(*segment));

    for (int i = 0; segment != NULL && i < head->e_phnum; i++) {
        if (segment[i].p_type == type)
            return &segment[i];
    }
    return NULL;
}

static const ElfW(Shdr) * sections(const struct image *image)
{
    const ElfW(Ehdr) *head = header(image);

    return image_at(image, head->e_shoff, head->e_shnum, sizeof(ElfW(Shdr)));
}

static bool
has_section(const struct image *image, const char *name)
{
    const ElfW(Ehdr) *head = header(image);
    const ElfW(Shdr) *section = sections(image);

    if (section == NULL || head->e_shstrndx >= head->e_shnum)
        return false;
    for (int i = 0; i < head->e_shnum; i++) {
        if (strcmp(image_string(image, section[head->e_shstrndx].sh_offset +
                                           section[i].sh_name),
                   name) == 0)
            return true;
    }
    return false;
}

static bool
defines(const struct image *image, const ElfW(Shdr) * table, const char *name)
{
    const ElfW(Shdr) *strings = sections(image) + table->sh_link;
    size_t count = table->sh_size / sizeof(ElfW(Sym));
    const ElfW(Sym) *symbol =
        image_at(image, table->sh_offset, count, sizeof(*symbol));

    if (symbol == NULL || table->sh_link >= header(image)->e_shnum)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (symbol[i].st_shndx != SHN_UNDEF &&
            strcmp(image_string(image, strings->sh_offset + symbol[i].st_name),
                   name) == 0)
            return true;
    }
    return false;
}

/* Strip leaves the table of dynamic symbols where it is. */
static bool
exports(const struct image *image, const char *name)
{
    const ElfW(Shdr) *section = sections(image);

    for (int i = 0; section != NULL && i < header(image)->e_shnum; i++) {
        if (section[i].sh_type == SHT_DYNSYM)
            return defines(image, &section[i], name);
    }
    return false;
}

/* Which libc: musl's dynamic linker bears its name, and so does its library. */
static bool
asks_for_musl(const struct image *image)
{
    const ElfW(Phdr) *segment = find_segment(image, PT_INTERP);

    return segment != NULL &&
           strstr(image_string(image, segment->p_offset), "ld-musl") != NULL;
}

static bool
needs_glibc(const struct image *image)
{
    const ElfW(Shdr) *section = sections(image);

    for (int i = 0; section != NULL && i < header(image)->e_shnum; i++) {
        if (section[i].sh_type == SHT_GNU_verneed)
            return true;
    }
    return false;
}

/* A malloc of its own comes with these, and they insist on being the first. */
static bool
is_sanitizer(const char *library)
{
    static const char *const names[] = {
        "libasan.",         "libtsan.",          "liblsan.",
        "libhwasan.",       "libclang_rt.asan",  "libclang_rt.tsan",
        "libclang_rt.lsan", "libclang_rt.hwasan"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strncmp(library, names[i], strlen(names[i])) == 0)
            return true;
    }
    return false;
}

static const char *
sanitizer_in(const struct image *image, const ElfW(Shdr) * table)
{
    const ElfW(Shdr) *strings = sections(image) + table->sh_link;
    size_t count = table->sh_size / sizeof(ElfW(Dyn));
    const ElfW(Dyn) *entry =
        image_at(image, table->sh_offset, count, sizeof(*entry));
    const char *library;

    if (entry == NULL || table->sh_link >= header(image)->e_shnum)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        library = image_string(image, strings->sh_offset + entry[i].d_un.d_val);
        if (entry[i].d_tag == DT_NEEDED && is_sanitizer(library))
            return library;
    }
    return NULL;
}

/* The shared sanitizer that the program is linked with; NULL: none. */
static const char *
find_sanitizer(const struct image *image)
{
    const ElfW(Shdr) *section = sections(image);

    for (int i = 0; section != NULL && i < header(image)->e_shnum; i++) {
        if (section[i].sh_type == SHT_DYNAMIC)
            return sanitizer_in(image, &section[i]);
    }
    return NULL;
}

static char *
static_obstacle(const struct image *image, const char *path)
{
    if (has_section(image, ".go.buildinfo") ||
        has_section(image, ".note.go.buildid"))
        return text_format("%s is a Go program without cgo: it has Go's own "
                           "allocator and no C malloc to serve",
                           path);
    return text_format("%s is statically linked, and nothing can be preloaded "
                       "into it. Link it dynamically",
                       path);
}

static char *
find_obstacle(const struct image *image, const char *path,
              const struct image *library, const char *library_path)
{
    const char *sanitizer;

    if (!same_machine(image, library))
        return text_format("%s is for %s, and %s for %s. Install liblazyzero "
                           "for %s",
                           path, machine_name(image), library_path,
                           machine_name(library), machine_name(image));
    if (find_segment(image, PT_INTERP) == NULL)
        return static_obstacle(image, path);
    if (asks_for_musl(image) == needs_glibc(library))
        return text_format("%s and %s are for different C libraries (glibc and "
                           "musl). Build liblazyzero with the program's",
                           path, library_path);
    if (exports(image, "malloc"))
        return text_format("%s brings a malloc of its own, which comes before "
                           "any preloaded one. Build it without (Redis: make "
                           "MALLOC=libc)",
                           path);
    sanitizer = find_sanitizer(image);
    if (sanitizer != NULL)
        return text_format("%s is linked with %s, whose malloc must come "
                           "first. Build it without -fsanitize",
                           path, sanitizer);
    return NULL;
}

char *
inspect_obstacle(const char *executable, const char *library)
{
    struct image image, other;
    char *obstacle = NULL;

    if (!open_elf(&image, executable))
        return NULL; /* the kernel will say what it is */
    if (open_elf(&other, library)) {
        obstacle = find_obstacle(&image, executable, &other, library);
        image_close(&other);
    }
    image_close(&image);
    return obstacle;
}

bool
inspect_is_library(const char *path)
{
    struct image image, own;
    bool fits;

    if (!open_elf(&image, path))
        return false;
    fits = header(&image)->e_type == ET_DYN &&
           find_segment(&image, PT_DYNAMIC) != NULL;
    if (fits && open_elf(&own, "/proc/self/exe")) {
        fits = same_machine(&image, &own);
        image_close(&own);
    }
    image_close(&image);
    return fits;
}

static bool
file_exports(const char *path, const char *name)
{
    struct image image;
    bool found;

    if (!open_elf(&image, path))
        return false;
    found = image.base[EI_CLASS] ==
                (sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32) &&
            exports(&image, name);
    image_close(&image);
    return found;
}

bool
inspect_is_ours(const char *path)
{
    return file_exports(path, "lazyzero_is_active");
}

bool
inspect_exports_malloc(const char *path)
{
    return file_exports(path, "malloc");
}
