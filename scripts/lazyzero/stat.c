/* SPDX-License-Identifier: MIT */
/*
 * lazyzero stat: runs a program, then shows what the library did for it, as the
 * processes reported it (LAZYZERO_STATS), and what the program used.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "child.h"
#include "commands.h"
#include "help.h"
#include "say.h"
#include "text.h"

/* The library's list: sums over processes, but of a gauge the most. */
struct stat_row {
    const char *name, *unit, *description;
    bool is_sum;
    double value;
};

#define ROW_requests(name, unit, text) {#name, unit, text, true, 0},
#define ROW_counter(name, unit, text) {#name, unit, text, true, 0},
#define ROW_derived(name, unit, text) {#name, unit, text, true, 0},
#define ROW_gauge(name, unit, text) \
    {#name "_peak", unit, "most at once: " text, false, 0},

static struct stat_row rows[] = {
#define LZ_STAT(kind, name, unit, description) \
    ROW_##kind(name, unit, description)
#include "stats.def"
#undef LZ_STAT
};

#define ROW_COUNT (sizeof(rows) / sizeof(rows[0]))

/* Requests by size: the least size of a class is 2 to the power of the index.
 */
static double sizes[64];

/*
 * "1048576": 3, of all kinds of requests together; but a memset is of a block
 * that was counted already.
 */
static void
add_sizes(char *text)
{
    char *memset_part = strstr(text, "\"requests_memset\"");

    if (memset_part != NULL)
        *memset_part = '\0';
    while ((text = strchr(text, '"')) != NULL) {
        char *end;
        double size = strtod(++text, &end), count;
        int class = 0;

        if (end == text || strncmp(end, "\": ", 3) != 0)
            continue;
        count = strtod(end + 3, NULL);
        while (class < 63 && size >= 2) {
            size /= 2;
            class ++;
        }
        sizes[class] += count;
        text = end;
    }
}

static void
add_report(char *text)
{
    char *by_size = strstr(text, "\"by_size\"");

    for (size_t i = 0; i < ROW_COUNT; i++) {
        char *key = text_format("\"%s\": ", rows[i].name);
        const char *at = strstr(text, key);
        double value = at == NULL ? 0 : strtod(at + strlen(key), NULL);

        if (rows[i].is_sum)
            rows[i].value += value;
        else if (value > rows[i].value)
            rows[i].value = value;
        free(key);
    }
    if (by_size != NULL)
        add_sizes(by_size);
}

/* The number of processes that reported. */
static int
add_reports(const char *folder)
{
    DIR *open = opendir(folder);
    struct dirent *entry;
    int count = 0;

    while (open != NULL && (entry = readdir(open)) != NULL) {
        char *path = text_format("%s/%s", folder, entry->d_name);
        char *text = entry->d_name[0] == '.' ? NULL : text_read(path);

        if (text != NULL) {
            add_report(text);
            count++;
        }
        free(text);
        free(path);
    }
    if (open != NULL)
        closedir(open);
    return count;
}

/* What did not happen is left out. */
static void
print_rows(void)
{
    bool any = false;

    for (size_t i = 0; i < ROW_COUNT; i++) {
        bool bytes = strcmp(rows[i].unit, "bytes") == 0;
        char *figure = bytes ? text_format("%s", text_bytes(rows[i].value))
                             : text_format("%s %s", text_count(rows[i].value),
                                           rows[i].unit);

        if (rows[i].value == 0) {
            free(figure);
            continue;
        }
        any = true;
        fprintf(stderr, "  %-20s %15s  ", rows[i].name, figure);
        text_wrap(stderr, rows[i].description, 40, 79);
        free(figure);
    }
    if (!any)
        fputs("  no large request: the library had nothing to do (see "
              "--threshold)\n",
              stderr);
}

static void
print_sizes(void)
{
    bool any = false;

    for (int i = 0; i < 64; i++) {
        if (sizes[i] == 0)
            continue;
        fputs(any ? ", " : "\n  large requests by size: ", stderr);
        fprintf(stderr, "%s from %s", text_count(sizes[i]),
                text_bytes((double)((unsigned long long)1 << i)));
        any = true;
    }
    if (any)
        fputc('\n', stderr);
}

static void
print_reports(const char *name, int processes)
{
    fprintf(stderr, "\nlazyzero stat: %s, %d process%s reported\n\n", name,
            processes, processes == 1 ? "" : "es");
    print_rows();
    print_sizes();
    fputc('\n', stderr);
}

static void
print_used(const struct child_result *result)
{
    fprintf(stderr,
            "  %s wall, %s user, %s system; %s page faults, %s major; peak "
            "RSS %s\n",
            text_seconds(result->wall), text_seconds(result->user),
            text_seconds(result->system), text_count(result->minor),
            text_count(result->major), text_bytes(result->peak));
}

int
stat_main(struct args *args)
{
    struct choices choices = {0};
    const char *set[] = {NULL, NULL}, *folder;
    struct child child = {.set = set};
    struct child_result result;
    int processes;

    while (args_has_option(args)) {
        if (help_wanted(args))
            return 0;
        args_refuse(args, "--stats", "it shows the statistics itself");
        if (!choices_take(&choices, args))
            args_unknown(args);
    }
    child.program = args_program(args);
    child.library = choices_prepare(&choices, child.program[0]);
    folder = child_folder();
    set[0] = text_format("LAZYZERO_STATS=%s/stats.%%p", folder);
    result = child_run(&child);
    processes = add_reports(folder);
    if (processes == 0)
        say_line(
            "%s ended without a report (%s): it did not end by exit(3), as "
            "Go programs do not, or the library was not at work in it",
            child.program[0], child_describe(result.status));
    else
        print_reports(child.program[0], processes);
    print_used(&result);
    return result.status;
}
