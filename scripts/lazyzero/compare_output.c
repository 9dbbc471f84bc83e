/* SPDX-License-Identifier: MIT */
/*
 * Does the program print the same, and end with the same status, under each
 * allocator? All runs are compared with the first one, which is under the
 * system's malloc; so are that one's others, which tell whether it always does
 * the same.
 */
#include "compare.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "child.h"
#include "say.h"
#include "text.h"

/* What the first run printed, and its exit status. */
static char *first_file;
static int first_status;

static char *
file_named(const char *name)
{
    return text_format("%s/%s", child_folder(), name);
}

/* A new file each time: what an earlier run left behind may still print. */
const char *
compare_output_file(const struct comparison *all)
{
    static char *file;

    if (all->show || all->ignore_output)
        return NULL;
    if (file == NULL)
        file = file_named("output");
    unlink(file);
    return file;
}

/* Where the files begin to differ: in *line, the first is 1. */
static bool
differ(FILE *a, FILE *b, long *line)
{
    int c, d;

    *line = 1;
    do {
        c = getc_unlocked(a);
        d = getc_unlocked(b);
        if (c != d)
            return true;
        *line += c == '\n';
    } while (c != EOF);
    return false;
}

/* False where one cannot be read: the disk is full, or files ran out. */
static bool
open_both(const char *path, FILE *files[2])
{
    files[0] = fopen(first_file, "r");
    files[1] = fopen(path, "r");
    if (files[0] != NULL && files[1] != NULL)
        return true;
    for (int i = 0; i < 2; i++) {
        if (files[i] != NULL)
            fclose(files[i]);
    }
    return false;
}

static void
compare_with_first(struct arm *arm, const char *path, int status)
{
    struct compare_output *output = &arm->output;
    FILE *files[2];
    long line = 0;

    if (!open_both(path, files))
        return;
    output->compared++;
    if (differ(files[0], files[1], &line) || status != first_status) {
        if (output->different++ == 0)
            *output = (struct compare_output){output->compared, 1, line,
                                              first_status, status};
    }
    fclose(files[0]);
    fclose(files[1]);
}

void
compare_output_take(const struct comparison *all, struct arm *arm, int status)
{
    char *path;

    if (all->show || all->ignore_output)
        return;
    path = file_named("output");
    if (first_file != NULL) {
        compare_with_first(arm, path, status);
    } else if (arm == &all->arms[0]) {
        first_file = file_named("first-output");
        first_status = status;
        rename(path, first_file);
    }
    free(path);
}

enum compare_outputs
compare_output_result(const struct comparison *all)
{
    enum compare_outputs result = COMPARE_SAME;

    if (all->arms[0].output.compared == 0)
        return COMPARE_NOT_COMPARED;
    if (all->arms[0].output.different > 0)
        return COMPARE_VARIES;
    for (int i = 1; i < all->count; i++) {
        const struct arm *arm = &all->arms[i];

        if (arm->rounds > 0 && arm->output.compared == 0)
            return COMPARE_NOT_COMPARED;
        if (arm->output.different > 0)
            result = COMPARE_DIFFERENT;
    }
    return result;
}

static void
say_difference(const struct arm *arm)
{
    const struct compare_output *output = &arm->output;
    char *what = output->status != output->expected_status
                     ? text_format("exit status %d, not %d", output->status,
                                   output->expected_status)
                     : text_format("first in line %ld", output->line);

    say_line("the output under %s differs from that under the system's malloc "
             "in %d of %d runs: %s",
             arm->name, output->different, output->compared, what);
    free(what);
}

void
compare_output_say(const struct comparison *all)
{
    enum compare_outputs result = compare_output_result(all);

    if (result == COMPARE_VARIES)
        say_line("the program's output differs from run to run under the "
                 "system's malloc itself, so outputs cannot be compared "
                 "(--ignore-output: do not try)");
    for (int i = 1; i < all->count && result == COMPARE_DIFFERENT; i++) {
        if (all->arms[i].output.different > 0)
            say_difference(&all->arms[i]);
    }
}
