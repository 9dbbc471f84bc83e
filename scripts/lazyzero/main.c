/* SPDX-License-Identifier: MIT */
/* lazyzero: runs programs with liblazyzero, and shows what it does for them. */
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "say.h"
#include "settings.h"

static const struct {
    const char *name;
    int (*main)(struct args *args);
} commands[] = {
    {"run", run_main},         {"stat", stat_main},     {"trace", trace_main},
    {"compare", compare_main}, {"doctor", doctor_main},
};

static int
help(void)
{
    puts(
        "Usage: lazyzero [OPTION]... [--] PROGRAM [ARGUMENT]...\n"
        "       lazyzero COMMAND [OPTION]... [PROGRAM [ARGUMENT]...]\n"
        "\n"
        "Runs a program with liblazyzero: large memory costs what it touches.\n"
        "\n"
        "Commands:\n"
        "  run      run the program, as without a command\n"
        "  stat     run it, then show what the library did for it\n"
        "  compare  time it under the system's malloc, jemalloc, mimalloc, "
        "...\n"
        "  trace    write down its large allocations, draw its memory\n"
        "  doctor   what this machine offers, and whether all is well\n"
        "\n"
        "Options (lazyzero run --help says what they mean):");
    settings_names();
    puts("  --library FILE  --force  --help  --version\n"
         "\n"
         "A program with the name of a command: lazyzero run doctor.\n"
         "More: man lazyzero.");
    return 0;
}

static int
version(void)
{
    puts("lazyzero " VERSION);
    return 0;
}

int
main(int argc, char **argv)
{
    struct args args = {"run", argv + (argc > 0)};
    const char *first = args.rest[0];

    if (first == NULL)
        say_stop(SAY_FAILED, "which program? (lazyzero --help)");
    if (strcmp(first, "--help") == 0 || strcmp(first, "-h") == 0)
        return help();
    if (strcmp(first, "--version") == 0)
        return version();
    if (strcmp(first, "--probe") == 0)
        return doctor_probe();
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        if (strcmp(first, commands[i].name) == 0) {
            args.command = first;
            args.rest++;
            return commands[i].main(&args);
        }
    }
    return run_main(&args);
}
