/* SPDX-License-Identifier: MIT */
/* lazyzero: runs programs with liblazyzero, and shows what it does for them. */
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "help.h"
#include "say.h"

static const struct {
    const char *name;
    int (*main)(struct args *args);
} commands[] = {
    {"run", run_main},         {"stat", stat_main},     {"trace", trace_main},
    {"compare", compare_main}, {"doctor", doctor_main}, {"top", top_main},
    {"learn", learn_main},
};

static int
help(const char *command)
{
    if (command == NULL)
        help_all();
    else
        help_command(command);
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

    say_check_output();
    if (first == NULL)
        say_stop(SAY_FAILED, "which program? (see lazyzero --help)");
    if (strcmp(first, "--help") == 0 || strcmp(first, "-h") == 0)
        return help(NULL);
    if (strcmp(first, "help") == 0)
        return help(args.rest[1]);
    if (strcmp(first, "--version") == 0 || strcmp(first, "-V") == 0)
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
