/* SPDX-License-Identifier: MIT */
#include "stat.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "control/view.h" /* the library's */
#include "text.h"

enum { WIDTH = 79, COLUMN = 40 };

static void
print_row(FILE *out, const struct counters_row *row, uint64_t value)
{
    char *figure =
        strcmp(row->unit, "bytes") == 0
            ? text_format("%s", text_bytes((double)value))
            : text_format("%s %s", text_count((double)value), row->unit);

    fprintf(out, "  %-20s %15s  ", row->name, figure);
    text_wrap(out, row->description, COLUMN, WIDTH);
    free(figure);
}

/* What did not happen is left out. */
static void
print_rows(FILE *out, const struct counters *sum)
{
    bool any = false;

    for (size_t i = 0; i < COUNTERS_ROWS; i++) {
        if (sum->rows[i] == 0)
            continue;
        any = true;
        print_row(out, &counters_rows[i], sum->rows[i]);
    }
    if (!any)
        fputs("  The program made no large request, so the library had nothing "
              "to do (see "
              "--threshold)\n",
              out);
}

static void
print_sizes(FILE *out, const struct counters *sum)
{
    char *text = text_format("%s", "");

    for (int i = 0; i < COUNTERS_SIZES; i++) {
        char *longer;

        if (sum->sizes[i] == 0)
            continue;
        longer =
            text_format("%s%s%s of %s", text, *text == '\0' ? "" : ", ",
                        text_count((double)sum->sizes[i]), text_doubling(i));
        free(text);
        text = longer;
    }
    if (*text != '\0') {
        fputs("\n  large requests by size: ", out);
        text_wrap(out, text, 26, WIDTH);
    }
    free(text);
}

static void
print_used(FILE *out, const struct child_result *used)
{
    fprintf(out,
            "  %s wall, %s user, %s system; %s page faults, %s major\n"
            "  peak RSS %s, of the largest process\n",
            text_seconds(used->wall), text_seconds(used->user),
            text_seconds(used->system), text_count(used->minor),
            text_count(used->major), text_bytes(used->peak));
}

void
stat_print(FILE *out, const struct stat_report *report)
{
    char *end = report->used.status == 0 ? text_format("%s", "")
                                         : child_describe(report->used.status);

    fprintf(out, "\nlazyzero stat: %s, %zu process%s%s%s\n\n",
            report->program[0], report->count, report->count == 1 ? "" : "es",
            *end == '\0' ? "" : "; ", end);
    if (report->count == 0) {
        fputs("  The library was in none of them.\n\n", out);
    } else {
        print_rows(out, &report->sum);
        print_sizes(out, &report->sum);
        fputc('\n', out);
    }
    if (report->without > 0)
        fprintf(out, "  %zu more processes are not counted.\n",
                report->without);
    print_used(out, &report->used);
    free(end);
}

static void
print_json_counters(FILE *out, const struct counters *counters,
                    const char *indent)
{
    const char *before = "";

    for (size_t i = 0; i < COUNTERS_ROWS; i++)
        fprintf(out, "%s\"%s\": %" PRIu64 ",\n", indent, counters_rows[i].name,
                counters->rows[i]);
    fprintf(out, "%s\"by_size\": {", indent);
    for (int i = 0; i < COUNTERS_SIZES; i++) {
        if (counters->sizes[i] == 0)
            continue;
        fprintf(out, "%s\"%" PRIu64 "\": %" PRIu64, before, (uint64_t)1 << i,
                counters->sizes[i]);
        before = ", ";
    }
    fputs("}\n", out);
}

static void
print_json_process(FILE *out, const struct lz_view_process *process)
{
    struct counters counters = {0};

    counters_add(&counters, process);
    fprintf(out, "    {\n      \"pid\": %" PRIu64 ",\n      \"program\": ",
            process->process);
    text_json(out, process->program);
    fputs(",\n", out);
    print_json_counters(out, &counters, "      ");
    fputs("    }", out);
}

static void
print_json_used(FILE *out, const struct child_result *used)
{
    fprintf(out,
            "  \"status\": %d,\n  \"killed\": %s,\n"
            "  \"wall\": %.9g,\n  \"user\": %.9g,\n  \"system\": %.9g,\n"
            "  \"minor_faults\": %.0f,\n  \"major_faults\": %.0f,\n"
            "  \"peak_rss\": %.0f,\n",
            used->status, used->killed ? "true" : "false", used->wall,
            used->user, used->system, used->minor, used->major, used->peak);
}

void
stat_print_json(FILE *out, const struct stat_report *report)
{
    const char *before = "";

    fprintf(out, "{\n  \"version\": \"%s\",\n  \"program\": [", VERSION);
    for (int i = 0; report->program[i] != NULL; i++) {
        fputs(i == 0 ? "" : ", ", out);
        text_json(out, report->program[i]);
    }
    fputs("],\n", out);
    print_json_used(out, &report->used);
    fprintf(out, "  \"processes_without_place\": %zu,\n  \"processes\": [",
            report->without);
    for (size_t i = 0; i < report->places; i++) {
        if (report->processes[i].process == 0)
            continue;
        fprintf(out, "%s\n", before);
        print_json_process(out, &report->processes[i]);
        before = ",";
    }
    fprintf(out, "%s],\n  \"sum\": {\n", *before == '\0' ? "" : "\n  ");
    print_json_counters(out, &report->sum, "    ");
    fputs("  }\n}\n", out);
}
