/* SPDX-License-Identifier: MIT */
#include "help.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "say.h"
#include "settings.h"
#include "text.h"

enum { COLUMN = 23, WIDTH = 79 };

struct entry {
    enum { COMMAND, OPTION, EXAMPLE } kind;
    const char *command, *letter, *name, *value, *help, *description;
};

static const struct entry entries[] = {
#define LZ_COMMAND(name, summary, takes, description) \
    {COMMAND, #name, "", #name, takes, summary, description},
#define LZ_COMMAND_OPTION(command, letter, name, value, help) \
    {OPTION, #command, letter, "--" #name, value, help, ""},
#define LZ_COMMAND_EXAMPLE(command, arguments) \
    {EXAMPLE, #command, "", #command, arguments, "", ""},
#include "commands.def"
};

#define ENTRY_COUNT (sizeof(entries) / sizeof(entries[0]))

/* Letters left out, put in or changed; of words of at most 15 letters. */
static size_t
distance(const char *a, const char *b)
{
    size_t row[16], length = strlen(b);

    for (size_t k = 0; k <= length; k++)
        row[k] = k;
    for (size_t i = 1; i <= strlen(a); i++) {
        size_t diagonal = row[0];

        row[0] = i;
        for (size_t k = 1; k <= length; k++) {
            size_t least = diagonal + (a[i - 1] != b[k - 1]);

            diagonal = row[k];
            if (row[k] + 1 < least)
                least = row[k] + 1;
            if (row[k - 1] + 1 < least)
                least = row[k - 1] + 1;
            row[k] = least;
        }
    }
    return row[length];
}

const char *
help_nearest(const char *word)
{
    const char *nearest = NULL;
    size_t least = 2;

    /* Short words are all alike. */
    if (strlen(word) < 4 || strlen(word) > 15)
        return NULL;
    for (size_t i = 0; i < ENTRY_COUNT; i++) {
        size_t far = entries[i].kind == COMMAND
                         ? distance(word, entries[i].name)
                         : SIZE_MAX;

        if (far <= least) {
            least = far;
            nearest = entries[i].name;
        }
    }
    return nearest;
}

static const struct entry *
find(const char *name)
{
    const char *nearest;

    for (size_t i = 0; i < ENTRY_COUNT; i++) {
        if (entries[i].kind == COMMAND && strcmp(entries[i].name, name) == 0)
            return &entries[i];
    }
    nearest = help_nearest(name);
    if (nearest != NULL)
        say_stop(SAY_FAILED, "there is no command %s: is %s meant?", name,
                 nearest);
    say_stop(SAY_FAILED, "there is no command %s (see lazyzero --help)", name);
}

static void
print_row(const char *left, const char *right)
{
    printf("  %-*s ", COLUMN - 3, left);
    text_wrap(stdout, right, COLUMN, WIDTH);
}

/* "-n, --rounds N" */
static void
print_option(const struct entry *option)
{
    char *left =
        text_format("%s%s%s%s%s", option->letter, *option->letter ? ", " : "",
                    option->name, *option->value ? " " : "",
                    strchr(option->value, ' ') ? "WORD" : option->value);

    for (char *c = left; (c = strchr(c, '_')) != NULL;)
        *c = '-';
    print_row(left, option->help);
    free(left);
}

static void
print_example(const struct entry *example)
{
    printf("  lazyzero %s%s%s\n", example->command, *example->value ? " " : "",
           example->value);
}

/* All of the command that are of this kind, below the title. */
static void
print_all(const char *command, int kind, const char *title,
          void (*print)(const struct entry *entry))
{
    for (size_t i = 0; i < ENTRY_COUNT; i++) {
        if ((int)entries[i].kind != kind ||
            strcmp(entries[i].command, command) != 0)
            continue;
        if (title != NULL)
            puts(title);
        title = NULL;
        print(&entries[i]);
    }
}

void
help_command(const char *name)
{
    const struct entry *command = find(name);
    bool is_run = strcmp(name, "run") == 0, is_top = strcmp(name, "top") == 0;

    printf("Usage: lazyzero %s %s\n", is_run ? "[run]" : name, command->value);
    text_wrap(stdout, command->description, 0, WIDTH);
    puts("\nOptions:");
    print_all(name, OPTION, NULL, print_option);
    if (!is_top)
        print_row("--library FILE",
                  "use this liblazyzero instead of the one found");
    if (!is_top && strcmp(name, "doctor") != 0)
        print_row("--force",
                  "run the program even if the library cannot serve it");
    print_row("--help", "print this help");
    if (!is_top) {
        puts("\nOptions of the library (LAZYZERO_... in the environment):");
        settings_help();
    }
    print_all(name, EXAMPLE, "\nExamples:", print_example);
}

void
help_all(void)
{
    puts("Usage: lazyzero [OPTION]... [--] PROGRAM [ARGUMENT]...\n"
         "       lazyzero COMMAND [OPTION]... [PROGRAM [ARGUMENT]...]\n"
         "\n"
         "Runs a program with liblazyzero. Large memory then costs what it "
         "touches.\n"
         "\n"
         "Commands:");
    for (size_t i = 0; i < ENTRY_COUNT; i++) {
        if (entries[i].kind == COMMAND)
            printf("  %-8s %s\n", entries[i].name, entries[i].help);
    }
    puts("  help     explain a command; --version prints the version\n"
         "\n"
         "Examples:\n"
         "  lazyzero python3 train.py");
    /* Those that show an option; all of it fits a terminal of 24 lines. */
    for (size_t i = 0; i < ENTRY_COUNT; i++) {
        if (entries[i].kind == EXAMPLE && strcmp(entries[i].name, "run") != 0 &&
            entries[i].value[0] == '-')
            print_example(&entries[i]);
    }
    puts("\n"
         "Options of a command: lazyzero COMMAND --help. More: man lazyzero.\n"
         "To run a program called top: lazyzero run top.");
}

bool
help_wanted(struct args *args)
{
    if (!args_flag(args, "--help") && !args_flag(args, "-h"))
        return false;
    help_command(args->command);
    return true;
}
