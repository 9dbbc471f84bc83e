/* SPDX-License-Identifier: MIT */
/*
 * Names of functions by elfutils' libdw: from a file's symbol table, or that of
 * its separate debug information where it is installed.
 */
#include <dlfcn.h>
#include <elfutils/libdwfl.h>
#include <gelf.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "say.h"
#include "sites.h"
#include "text.h"

struct file {
    char *path;
    Dwfl *dwfl;
    Dwfl_Module *module; /* NULL: it cannot be read */
};

const bool symbol_has_names = true;

static void *files; /* a tree of struct file */

static int
by_path(const void *a, const void *b)
{
    return strcmp(((const struct file *)a)->path,
                  ((const struct file *)b)->path);
}

static void
open_file(struct file *file)
{
    static const Dwfl_Callbacks callbacks = {
        .find_elf = dwfl_build_id_find_elf,
        .find_debuginfo = dwfl_standard_find_debuginfo,
        .section_address = dwfl_offline_section_address,
    };

    file->dwfl = dwfl_begin(&callbacks);
    if (file->dwfl == NULL)
        return;
    dwfl_report_begin(file->dwfl);
    file->module = dwfl_report_offline(file->dwfl, file->path, file->path, -1);
    dwfl_report_end(file->dwfl, NULL, NULL);
}

static const struct file *
find_file(const char *path)
{
    struct file *file = say_got(calloc(1, sizeof(*file))), **found;

    file->path = say_got(strdup(path));
    found = say_got(tsearch(file, &files, by_path));
    if (*found == file) {
        open_file(file);
    } else {
        free(file->path);
        free(file);
    }
    return *found;
}

/* Where the byte of the file lies when it is loaded at 0. */
static bool
find_address(Elf *elf, uint64_t offset, GElf_Addr *address)
{
    size_t count = 0;
    GElf_Phdr header;

    elf_getphdrnum(elf, &count);
    for (size_t i = 0; i < count; i++) {
        if (gelf_getphdr(elf, (int)i, &header) == NULL ||
            header.p_type != PT_LOAD ||
            offset - header.p_offset >= header.p_filesz)
            continue;
        *address = offset - header.p_offset + header.p_vaddr;
        return true;
    }
    return false;
}

/* A name of C++, by the runtime of C++ where there is one. */
static char *
demangle(const char *name)
{
    static char *(*demangler)(const char *, char *, size_t *, int *);
    static bool tried;
    int status = -1;
    char *plain = NULL;
    void *runtime;

    if (!tried) {
        tried = true;
        runtime = dlopen("libstdc++.so.6", RTLD_LAZY | RTLD_LOCAL);
        if (runtime != NULL)
            *(void **)&demangler = dlsym(runtime, "__cxa_demangle");
    }
    if (demangler != NULL && strncmp(name, "_Z", 2) == 0)
        plain = demangler(name, NULL, NULL, &status);
    return plain != NULL ? plain : say_got(strdup(name));
}

/* Its module, and the address there; NULL: not known. */
static Dwfl_Module *
locate(const char *path, uint64_t offset, GElf_Addr *address)
{
    const struct file *file = find_file(path);
    GElf_Addr bias;
    Elf *elf;

    if (file->module == NULL)
        return NULL;
    elf = dwfl_module_getelf(file->module, &bias);
    if (elf == NULL || !find_address(elf, offset, address))
        return NULL;
    *address += bias;
    return file->module;
}

char *
symbol_find(const char *path, uint64_t offset)
{
    GElf_Addr address, distance;
    Dwfl_Module *module = locate(path, offset, &address);
    const char *name;
    char *plain;
    GElf_Sym symbol;

    if (module == NULL)
        return NULL;
    name = dwfl_module_addrinfo(module, address, &distance, &symbol, NULL, NULL,
                                NULL);
    if (name == NULL)
        return NULL;
    plain = demangle(name);
    plain[strcspn(plain, "@")] = '\0'; /* the version of a symbol */
    return plain;
}

char *
symbol_line(const char *path, uint64_t offset)
{
    GElf_Addr address, start, distance;
    GElf_Sym symbol;
    Dwfl_Module *module = locate(path, offset, &address);
    Dwfl_Line *line =
        module == NULL ? NULL : dwfl_module_getsrc(module, address);
    const char *file;
    int number = 0;

    if (line == NULL)
        return NULL;
    file = dwfl_lineinfo(line, &start, &number, NULL, NULL, NULL);
    /* Where a function has no lines, libdw may tell the last one before it. */
    if (dwfl_module_addrinfo(module, address, &distance, &symbol, NULL, NULL,
                             NULL) != NULL &&
        start < address - distance)
        return NULL;
    return file == NULL ? NULL : text_format("%s:%d", text_base(file), number);
}
