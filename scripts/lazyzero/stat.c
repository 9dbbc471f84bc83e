/* SPDX-License-Identifier: MIT */
/*
 * lazyzero stat: runs a program, then shows what the library did for it and its
 * children, and what the program used. The counters are in a file of this
 * command (counters.h), and so are there however a process ended.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "child.h"
#include "commands.h"
#include "control/view.h" /* the library's */
#include "counters.h"
#include "help.h"
#include "say.h"
#include "stat.h"
#include "text.h"

struct wishes {
    struct choices choices;
    bool json;
    const char *output; /* a file's name, - for standard output; or NULL */
};

/* Not for the program, and made before it runs, as it may run for long. */
static FILE *
open_output(const char *name)
{
    FILE *out;

    if (name == NULL)
        return stderr;
    if (strcmp(name, "-") == 0)
        return stdout;
    out = fopen(name, "w");
    if (out == NULL)
        say_stop(SAY_FAILED, "-o %s: %s", name, strerror(errno));
    fcntl(fileno(out), F_SETFD, FD_CLOEXEC);
    return out;
}

/* Standard output is checked at the end of the command. */
static bool
close_output(FILE *out, const char *name)
{
    bool failed = ferror(out) != 0;

    if (out == stderr || out == stdout)
        return true;
    errno = 0;
    failed |= fclose(out) != 0;
    if (failed)
        say_line("-o %s: %s", name,
                 errno != 0 ? strerror(errno) : "some of it was lost");
    return !failed;
}

/* One that became another program by exec has a place for each. */
static bool
was_before(const struct lz_view_process *processes, size_t at)
{
    for (size_t i = 0; i < at; i++) {
        if (processes[i].process == processes[at].process)
            return true;
    }
    return false;
}

static void
add_up(struct stat_report *report, struct counters_file *file)
{
    size_t taken = counters_taken(file, &report->without);

    report->processes = file->processes;
    report->places = taken;
    for (size_t i = 0; i < taken; i++) {
        if (report->processes[i].process == 0)
            continue;
        counters_add(&report->sum, &report->processes[i]);
        if (!was_before(report->processes, i))
            report->count++;
    }
}

static bool
take(struct wishes *wishes, struct args *args)
{
    args_refuse(args, "--stats", "it shows the statistics itself");
    if (args_flag(args, "--json"))
        return wishes->json = true;
    return args_value(args, "-o", "--output", &wishes->output) ||
           choices_take(&wishes->choices, args);
}

int
stat_main(struct args *args)
{
    struct wishes wishes = {0};
    const char *set[] = {NULL, NULL};
    struct child child = {.set = set};
    struct stat_report report = {0};
    struct counters_file file;
    FILE *out;

    while (args_has_option(args)) {
        if (help_wanted(args))
            return 0;
        if (!take(&wishes, args))
            args_unknown(args);
    }
    child.program = args_program(args);
    child.library = choices_prepare(&wishes.choices, child.program[0]);
    out = open_output(wishes.output);
    file = counters_make_file(child_folder());
    set[0] = file.setting;
    report.program = child.program;
    report.used = child_run(&child);
    add_up(&report, &file);
    if (wishes.json)
        stat_print_json(out, &report);
    else
        stat_print(out, &report);
    return close_output(out, wishes.output) ? report.used.status : SAY_FAILED;
}
