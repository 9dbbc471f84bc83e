/* SPDX-License-Identifier: MIT */
/*
 * What the command says about macOS programs, tried on files made here. Nothing
 * of Apple's is needed. The test decides which machine the command believes to
 * run on.
 */
#include "inspect.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "dyld.h"
#include "macho.h"
#include "macho_file.h"

static const char *own_machine = "arm64";
static char program[] = "/tmp/lazyzero-macho-program.XXXXXX";
static char library[] = "/tmp/lazyzero-macho-library.XXXXXX";

int __wrap_uname(struct utsname *name);
int
__wrap_uname(struct utsname *name)
{
    memset(name, 0, sizeof(*name));
    strcpy(name->machine, own_machine);
    return 0;
}

static void
write_file(const char *path, const void *bytes, size_t size)
{
    FILE *file = fopen(path, "w");

    cr_assert(file != NULL && fwrite(bytes, 1, size, file) == size);
    cr_assert_eq(fclose(file), 0);
}

static void
write_image(const char *path, struct recipe recipe)
{
    unsigned char image[IMAGE_SIZE];

    make_image(image, recipe);
    write_file(path, image, sizeof(image));
}

static void
write_universal(const char *path, bool wide, const struct recipe *recipes,
                int count)
{
    static unsigned char file[FILE_SIZE];

    write_file(path, file, make_universal(file, wide, recipes, count));
}

static void
setup(void)
{
    cr_assert(close(mkstemp(program)) == 0 && close(mkstemp(library)) == 0);
    write_image(library, (struct recipe){.kind = 6});
}

static void
teardown(void)
{
    unlink(program);
    unlink(library);
}

TestSuite(darwin, .init = setup, .fini = teardown);

/* NULL: nothing stands in the way. */
static void
expect(const char *words)
{
    char *obstacle = inspect_obstacle(program, library);

    if (words == NULL)
        cr_expect(obstacle == NULL, "%s", obstacle);
    else
        cr_expect(obstacle != NULL && strstr(obstacle, words) != NULL,
                  "no '%s' in: %s", words, obstacle);
    free(obstacle);
}

static void
expect_of(const char *words, struct recipe recipe)
{
    write_image(program, recipe);
    expect(words);
}

Test(darwin, what_a_program_is)
{
    expect_of(NULL, (struct recipe){0});
    expect_of("statically linked", (struct recipe){.no_linker = true});
    expect_of("section __restrict", (struct recipe){.section = "__restrict"});
    expect_of("a malloc of its own", (struct recipe){.defines = "_malloc"});
    expect_of(NULL, (struct recipe){.defines = "_je_malloc"});
    expect_of(NULL, (struct recipe){.imports = "_malloc"});
    expect_of("Go program without cgo",
              (struct recipe){.section = "__gopclntab"});
    expect_of(NULL,
              (struct recipe){.section = "__gopclntab", .imports = "_malloc"});
    expect_of(NULL, (struct recipe){.kind = 1, .no_linker = true});
}

#define GRANT(name) "<key>com.apple.security.cs." name "</key>\n\t<true/>"
#define DENY(name) "<key>com.apple.security.cs." name "</key>\n\t<false/>"
#define INSERT "allow-dyld-environment-variables"
#define LOAD "disable-library-validation"

Test(darwin, how_a_program_is_signed)
{
    const uint32_t runtime = 0x10000, validation = 0x2000, restricted = 0x800;

    expect_of(NULL, (struct recipe){.flags = 0x20002}); /* by the linker */
    expect_of("without com.apple.security.cs." INSERT,
              (struct recipe){.flags = runtime});
    expect_of("without com.apple.security.cs." INSERT,
              (struct recipe){.flags = restricted});
    expect_of("without com.apple.security.cs." INSERT,
              (struct recipe){.flags = runtime, .entitlements = GRANT(LOAD)});
    expect_of("without com.apple.security.cs." LOAD,
              (struct recipe){.flags = runtime, .entitlements = GRANT(INSERT)});
    expect_of("without com.apple.security.cs." LOAD,
              (struct recipe){.flags = validation});
    expect_of(NULL, (struct recipe){.flags = runtime | validation | restricted,
                                    .entitlements = GRANT(INSERT) GRANT(LOAD)});
    expect_of("without com.apple.security.cs." INSERT,
              (struct recipe){.flags = runtime,
                              .entitlements = DENY(INSERT) GRANT(LOAD)});
    expect_of("codesign --force --sign - COPY",
              (struct recipe){.flags = runtime});
}

static const struct recipe both[] = {
    {.machine = CPU_X86_64, .section = "__restrict"}, {.machine = CPU_ARM64}};
static const struct recipe libraries[] = {{.machine = CPU_X86_64, .kind = 6},
                                          {.machine = CPU_ARM64, .kind = 6}};

Test(darwin, the_part_that_runs_is_looked_at)
{
    for (int wide = 0; wide < 2; wide++) {
        write_universal(program, wide != 0, both, 2);
        own_machine = "arm64";
        expect(NULL);
        write_universal(library, wide != 0, libraries, 2);
        expect(NULL);
        own_machine = "x86_64";
        expect("section __restrict");
    }
}

Test(darwin, machines)
{
    const struct recipe systems[] = {{.machine = CPU_X86_64},
                                     {.machine = CPU_ARM64, .subtype = 2}};
    struct recipe marked = {.subtype = 0x80000002};

    expect_of("for arm64e", marked);
    expect_of("runs as x86_64, and", (struct recipe){.machine = CPU_X86_64});
    expect_of("runs as i386, and", (struct recipe){.machine = CPU_I386});
    write_universal(program, false, systems, 2);
    expect("for arm64e");
    write_universal(library, false, libraries, 2);
    expect_of(NULL, (struct recipe){.machine = CPU_X86_64});
    expect_of("is for x86_64 and arm64", (struct recipe){.machine = CPU_I386});
    own_machine = "x86_64";
    write_universal(program, false, systems, 2);
    expect(NULL);
}

Test(darwin, what_is_no_program)
{
    static const unsigned char class[64] = {0xca, 0xfe, 0xba, 0xbe,
                                            0,    0,    0,    61};

    write_file(program, class, sizeof(class));
    expect(NULL);
    cr_expect(!inspect_is_library(program));
    cr_expect(!inspect_exports_malloc(program));
    write_file(program, "#!/bin/sh\n", 10);
    expect(NULL);
    write_file(program, "", 0);
    expect(NULL);
    unlink(program);
    expect(NULL);
    cr_expect(!inspect_is_library(program));
}

Test(darwin, libraries)
{
    cr_expect(inspect_is_library(library));
    write_image(library, (struct recipe){0});
    cr_expect(!inspect_is_library(library));
    write_image(library, (struct recipe){.machine = CPU_X86_64, .kind = 6});
    cr_expect(!inspect_is_library(library));
    write_universal(library, true, libraries, 2);
    cr_expect(inspect_is_library(library));
}

Test(darwin, who_serves_malloc)
{
    cr_expect(!inspect_exports_malloc(library));
    write_image(library, (struct recipe){.kind = 6, .defines = "_malloc"});
    cr_expect(inspect_exports_malloc(library));
    write_image(library, (struct recipe){.kind = 6, .section = "__interpose"});
    cr_expect(!inspect_exports_malloc(library));
    write_image(library, (struct recipe){.kind = 6,
                                         .section = "__interpose",
                                         .imports = "_malloc_size"});
    cr_expect(inspect_exports_malloc(library));
}

/* Asks everything of an image behind which nothing can be read. */
static void
ask_all(const unsigned char *bytes, size_t size)
{
    struct image file = {(const char *)bytes, size};
    struct macho_slice slices[MACHO_MOST_SLICES];
    int count = macho_slices(slices, &file);

    for (int i = 0; i < count; i++) {
        const struct image *image = &slices[i].image;

        macho_kind(image);
        macho_has_linker(image);
        macho_has_section(image, "__none");
        macho_has_symbol(image, "_none", true);
        macho_signed_flags(image);
        macho_is_entitled(image, "none");
    }
}

/* The end of the file, up to a page that kills. */
static unsigned char *
map_to_its_end(size_t size)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t whole = (size + page - 1) / page * page;
    char *pages = mmap(NULL, whole + page, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    cr_assert(pages != MAP_FAILED &&
              mprotect(pages + whole, page, PROT_NONE) == 0);
    return (unsigned char *)pages + whole;
}

static const struct recipe full = {.machine = CPU_ARM64,
                                   .section = "__interpose",
                                   .imports = "_malloc",
                                   .flags = 0x10000,
                                   .entitlements = GRANT(LOAD)};

Test(darwin, files_that_are_cut_off)
{
    unsigned char *end = map_to_its_end(FILE_SIZE), *file = end - FILE_SIZE;
    static unsigned char whole[FILE_SIZE];
    size_t size = make_universal(whole, false, &full, 1);

    for (size_t length = 0; length <= size; length++) {
        memcpy(end - length, whole, length);
        ask_all(end - length, length);
    }
    for (size_t length = 0; length <= IMAGE_SIZE; length++) {
        memcpy(end - length, whole + IMAGE_SIZE, length);
        ask_all(end - length, length);
    }
    cr_expect(file < end);
}

Test(darwin, files_that_mislead)
{
    static const unsigned char values[] = {0, 1, 0x7f, 0x80, 0xff};
    unsigned char *image = map_to_its_end(IMAGE_SIZE) - IMAGE_SIZE;

    make_image(image, full);
    for (size_t at = 0; at < IMAGE_SIZE; at++) {
        unsigned char was = image[at];

        for (size_t i = 0; i < sizeof(values); i++) {
            image[at] = values[i];
            ask_all(image, IMAGE_SIZE);
            if (at % 4 == 0)
                memset(image + at, values[i], 4);
            ask_all(image, IMAGE_SIZE);
            make_image(image, full);
        }
        cr_assert_eq(image[at], was);
    }
}

Test(darwin, whose_programs_are_protected)
{
    cr_expect(dyld_is_protected("/usr/bin/python3"));
    cr_expect(dyld_is_protected("/usr/libexec/x"));
    cr_expect(dyld_is_protected("/bin/sh"));
    cr_expect(dyld_is_protected("/sbin/md5"));
    cr_expect(dyld_is_protected("/System/Library/x"));
    cr_expect(!dyld_is_protected("/usr/local/bin/python3"));
    cr_expect(!dyld_is_protected("/opt/homebrew/bin/python3"));
    cr_expect(!dyld_is_protected("/binary"));
    cr_expect(!dyld_is_protected("/Users/a/bin/sh"));
}

Test(darwin, what_dyld_says_it_loaded)
{
    static const char log[] =
        "dyld[12]: <00000000-0000-3000-8000-000000000001> /opt/bin/a\n"
        "dyld[12]: <no uuid> /opt/lib/liblazyzero.dylib\n"
        "dyld[123]: <00000000-0000-3000-8000-000000000001> /opt/bin/a\n"
        "dyld[123]: <no uuid> /opt/lib/liblazyzero.dylib.old\n"
        "dyld[7]: something else /opt/lib/liblazyzero.dylib\n";
    const char *name = "/opt/lib/liblazyzero.dylib";

    write_file(program, log, sizeof(log) - 1);
    cr_expect_eq(dyld_read_log(program, 12, name), HOST_SERVED);
    cr_expect_eq(dyld_read_log(program, 123, name), HOST_NOT_SERVED);
    cr_expect_eq(dyld_read_log(program, 1, name), HOST_UNKNOWN);
    cr_expect_eq(dyld_read_log(program, 7, name), HOST_UNKNOWN);
    unlink(program);
    cr_expect_eq(dyld_read_log(program, 12, name), HOST_UNKNOWN);
}
