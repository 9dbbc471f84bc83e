/* SPDX-License-Identifier: MIT */
/*
 * lazyzero learn: each process of the program writes a profile of its own
 * (LAZYZERO_LEARN). Together with what was known before they become one.
 */
#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "child.h"
#include "commands.h"
#include "control/profile.h" /* the library's */
#include "help.h"
#include "say.h"
#include "text.h"

#define ENDING ".lazyzero"

struct learned {
    struct lz_profile_line *lines;
    size_t count;
};

/* The least that was touched in any process counts, and the most blocks. */
static void
merge(struct lz_profile_line *into, const struct lz_profile_line *line)
{
    if (line->blocks > into->blocks)
        into->blocks = line->blocks;
    if (line->least < into->least)
        into->least = line->least;
    if (line->most > into->most)
        into->most = line->most;
}

static void
add_line(struct learned *learned, const struct lz_profile_line *line)
{
    for (size_t i = 0; i < learned->count; i++) {
        if (learned->lines[i].size == line->size &&
            learned->lines[i].zeroed == line->zeroed) {
            merge(&learned->lines[i], line);
            return;
        }
    }
    learned->lines = say_got(realloc(learned->lines, sizeof(*learned->lines) *
                                                         (learned->count + 1)));
    learned->lines[learned->count++] = *line;
}

/* NULL, or why that is no profile. */
static const char *
add_text(struct learned *learned, const char *text)
{
    struct lz_profile_line line;
    const char *why =
        lz_profile_open(&text, strlen(text), (size_t)sysconf(_SC_PAGESIZE));

    while (why == NULL && lz_profile_next(&text, &line))
        add_line(learned, &line);
    return why;
}

/* What was known before. Nobody's file of another kind is replaced. */
static void
add_known(struct learned *learned, const char *output)
{
    char *text = text_read(output);
    const char *why = text == NULL ? NULL : add_text(learned, text);

    if (text == NULL && errno != ENOENT)
        why = strerror(errno);
    if (why != NULL)
        say_stop(SAY_FAILED,
                 "-o %s: is there and is not replaced, since %s; remove it, or "
                 "name another",
                 output, why);
    free(text);
}

static bool
ends_so(const char *name)
{
    size_t length = strlen(name), ending = sizeof(ENDING) - 1;

    return length > ending && strcmp(name + length - ending, ENDING) == 0;
}

static void
add_processes(struct learned *learned, const char *folder)
{
    DIR *open = opendir(folder);
    struct dirent *entry;

    while (open != NULL && (entry = readdir(open)) != NULL) {
        char *path = text_format("%s/%s", folder, entry->d_name);
        char *text = ends_so(entry->d_name) ? text_read(path) : NULL;

        if (text != NULL)
            add_text(learned, text);
        free(text);
        free(path);
    }
    if (open != NULL)
        closedir(open);
}

static int
compare(const void *a, const void *b)
{
    const struct lz_profile_line *first = a, *second = b;

    if (first->size != second->size)
        return first->size < second->size ? -1 : 1;
    return (int)first->zeroed - (int)second->zeroed;
}

static void
put(FILE *out, struct learned *learned)
{
    char buffer[256];
    struct lz_text text = lz_text_in(buffer, sizeof(buffer));

    qsort(learned->lines, learned->count, sizeof(*learned->lines), compare);
    lz_profile_begin(&text, (size_t)sysconf(_SC_PAGESIZE));
    fputs(buffer, out);
    for (size_t i = 0; i < learned->count; i++) {
        text = lz_text_in(buffer, sizeof(buffer));
        lz_profile_put(&text, &learned->lines[i]);
        fputs(buffer, out);
    }
    text = lz_text_in(buffer, sizeof(buffer));
    lz_profile_end(&text);
    fputs(buffer, out);
}

static void
stop(const char *output)
{
    say_stop(SAY_FAILED, "-o %s: %s", output, strerror(errno));
}

/* Made before the program runs, as it may run for long; not for the program. */
static FILE *
open_beside(const char *beside, const char *output)
{
    FILE *out = fopen(beside, "we");

    if (out == NULL)
        stop(output);
    return out;
}

/* Whole, or not at all. */
static void
finish(FILE *out, const char *beside, const char *output)
{
    bool failed = ferror(out) != 0;

    failed |= fclose(out) != 0;
    if (!failed && rename(beside, output) == 0)
        return;
    remove(beside);
    stop(output);
}

static void
report(const struct learned *learned, char **program, const char *output)
{
    size_t full = 0;

    for (size_t i = 0; i < learned->count; i++)
        full += learned->lines[i].least >= LZ_PROFILE_FULL;
    say_line("%zu kind%s of large blocks of %s known, %zu used in full",
             learned->count, learned->count == 1 ? "" : "s", program[0], full);
    say_line("use it: lazyzero --profile %s %s ..., or LAZYZERO_PROFILE=%s",
             output, program[0], output);
}

static int
run(const struct choices *choices, char **program, const char *output)
{
    char *learn = text_format("LAZYZERO_LEARN=%s/%%p" ENDING, child_folder());
    char *beside = text_format("%s.%d.tmp", output, (int)getpid());
    const char *set[] = {learn, "LAZYZERO_PROFILE=0", NULL};
    struct child child = {.program = program, .set = set};
    struct learned learned = {0};
    FILE *out;
    int status;

    child.library = choices_prepare(choices, program[0]);
    add_known(&learned, output);
    out = open_beside(beside, output);
    status = child_run(&child).status;
    add_processes(&learned, child_folder());
    if (learned.count == 0) {
        fclose(out);
        remove(beside);
        say_line("nothing learned: %s had no large blocks, or did not end by "
                 "exit",
                 program[0]);
        return status;
    }
    put(out, &learned);
    finish(out, beside, output);
    report(&learned, program, output);
    return status;
}

int
learn_main(struct args *args)
{
    struct choices choices = {0};
    const char *output = NULL;
    char **program, *usual;
    int status;

    while (args_has_option(args)) {
        if (help_wanted(args))
            return 0;
        args_refuse(args, "--learn", "-o says where the profile goes");
        args_refuse(args, "--profile", "it runs the program without one");
        if (!args_value(args, "-o", "--output", &output) &&
            !choices_take(&choices, args))
            args_unknown(args);
    }
    program = args_program(args);
    usual = text_format("%s" ENDING, text_base(program[0]));
    status = run(&choices, program, output != NULL ? output : usual);
    free(usual);
    return status;
}
