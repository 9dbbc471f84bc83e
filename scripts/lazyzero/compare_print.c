/* SPDX-License-Identifier: MIT */
#include "compare.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"
#include "sample.h"
#include "text.h"

enum { WIDTH = 79 };

static const struct {
    const char *name, *unit, *title;
} figures[] = {
#define FIGURE(name, unit, title) {#name, unit, title},
    COMPARE_FIGURES(FIGURE)
#undef FIGURE
};

/* Of the figures that need one. */
static const char *const meanings[COMPARE_COUNT] = {
    [COMPARE_faulted] = COMPARE_FAULTED,
    [COMPARE_peak] = COMPARE_MEMORY,
    [COMPARE_end] = COMPARE_END,
};

static const char *
shown(enum compare_figure figure, double value)
{
    if (isnan(value))
        return "unknown";
    if (strcmp(figures[figure].unit, "s") == 0)
        return text_seconds(value);
    if (strcmp(figures[figure].unit, "bytes") == 0)
        return text_bytes(value);
    return text_count(value);
}

/* Why there are no figures. The caller's memory. */
static char *
missing(const struct arm *arm)
{
    return arm->status == 0 ? text_format("not measured")
                            : child_describe(arm->status);
}

static char *
ratio_text(struct compare_ratio ratio)
{
    if (isnan(ratio.median))
        return text_format("unknown");
    if (ratio.range.high >= 99.5)
        return text_format("%.0f (%.0f-%.0f)", ratio.median, ratio.range.low,
                           ratio.range.high);
    return text_format("%.2f (%.2f-%.2f)", ratio.median, ratio.range.low,
                       ratio.range.high);
}

/* "1.23 s ±2 %" */
static char *
wall_text(const struct arm *arm)
{
    double middle = compare_median(arm, COMPARE_wall);
    double spread = sample_spread(arm->figures[COMPARE_wall], arm->rounds);

    return text_format("%s ±%.0f %%", text_seconds(middle),
                       middle > 0 ? 100 * spread / middle : 0);
}

/* Of at most so many bytes; cut with "...". */
static void
print_command(FILE *out, const struct comparison *all, size_t most)
{
    char *text = text_format("%s", "");

    for (int i = 0; all->program[i] != NULL; i++) {
        char *longer =
            text_format("%s%s%s", text, i == 0 ? "" : " ", all->program[i]);

        free(text);
        text = longer;
    }
    text[strcspn(text, "\n")] = '\0';
    if (strlen(text) > most)
        memcpy(text + most - 3, "...", 4);
    fputs(text, out);
    free(text);
}

/* A count is narrower, so that all fit on a line. */
static int
column_width(int figure)
{
    return strcmp(figures[figure].unit, "") == 0 ? 7 : 8;
}

/* ± is two bytes and one column. */
static void
print_row(const struct arm *arm)
{
    char *text = arm->rounds == 0 ? missing(arm) : wall_text(arm);

    if (arm->rounds == 0) {
        printf("%-12s %s\n", arm->name, text);
    } else {
        printf("%-12s %*s", arm->name, 13 + 1, text);
        for (int i = COMPARE_user; i < COMPARE_COUNT; i++) {
            if (figures[i].title != NULL)
                printf(" %*s", column_width(i),
                       shown((enum compare_figure)i,
                             compare_median(arm, (enum compare_figure)i)));
        }
        printf("\n");
    }
    free(text);
}

static void
print_ratios(const struct comparison *all)
{
    const char *head = "\nratio to system        wall time"
                       "          peak memory     memory at the end\n";

    for (int i = 1; i < all->count; i++) {
        const struct arm *arm = &all->arms[i];
        char *time, *peak, *end;

        if (arm->rounds == 0 || all->arms[0].rounds == 0)
            continue;
        time = ratio_text(compare_ratio(all, arm, COMPARE_wall));
        peak = ratio_text(compare_ratio(all, arm, COMPARE_peak));
        end = ratio_text(compare_ratio(all, arm, COMPARE_end));
        printf("%s%-12s %20s %20s %21s\n", head, arm->name, time, peak, end);
        head = "";
        free(time);
        free(peak);
        free(end);
    }
}

/* "3 % less time", "less than 1 % more memory", "no difference seen in ..." */
static char *
verdict(struct compare_ratio ratio, const char *what)
{
    double share = 100 * fabs(ratio.median - 1);
    const char *word = ratio.range.high < 1 ? "less" : "more";

    if (ratio.range.high >= 1 && ratio.range.low <= 1)
        return text_format("no difference seen in %s", what);
    if (share < 0.5)
        return text_format("less than 1 %% %s %s", word, what);
    return text_format("%.0f %% %s %s", share, word, what);
}

static void
print_verdicts(const struct comparison *all)
{
    const struct arm *ours = &all->arms[all->count - 1];
    char *time, *memory, *text;

    if (ours->rounds < SAMPLE_LEAST) {
        text = text_format("No verdict from fewer than %d rounds (-n %d).",
                           SAMPLE_LEAST, SAMPLE_LEAST);
        text_wrap(stdout, text, 0, WIDTH);
        free(text);
        return;
    }
    time = verdict(compare_ratio(all, ours, COMPARE_wall), "time");
    memory = verdict(compare_ratio(all, ours, COMPARE_peak), "peak memory");
    text = text_format("liblazyzero against the system's malloc: %s, %s.", time,
                       memory);
    text_wrap(stdout, text, 0, WIDTH);
    free(text);
    free(memory);
    free(time);
}

static const char *const output_words[] = {
    [COMPARE_NOT_COMPARED] = "",
    [COMPARE_SAME] = "Output and exit status were the same in all runs.\n",
    [COMPARE_DIFFERENT] = "The output was not the same under each of them.\n",
    [COMPARE_VARIES] = "The output differs from run to run by itself.\n",
};

static void
print_legend(const struct comparison *all)
{
    int rounds = all->arms[0].rounds;
    char *text = text_format(
        "Medians of %d round%s. After ±: half the distance between the "
        "quartiles. The ratios are to the system's malloc in the same round; "
        "in brackets: %s.",
        rounds, rounds == 1 ? "" : "s", compare_bounds(all));

    printf("\n");
    text_wrap(stdout, text, 0, WIDTH);
    for (int i = 0; i < COMPARE_COUNT; i++) {
        if (meanings[i] != NULL) {
            printf("  %-9s ", figures[i].title);
            text_wrap(stdout, meanings[i], 12, WIDTH);
        }
    }
    printf("\n");
    print_verdicts(all);
    printf("%s", output_words[compare_output_result(all)]);
    free(text);
}

void
compare_print_table(const struct comparison *all)
{
    char *machine = host_describe();

    print_command(stdout, all, WIDTH);
    printf("\n%s\n\n", machine);
    printf("%-12s %13s", "malloc", "wall");
    for (int i = COMPARE_user; i < COMPARE_COUNT; i++) {
        if (figures[i].title != NULL)
            printf(" %*s", column_width(i), figures[i].title);
    }
    printf("\n");
    for (int i = 0; i < all->count; i++)
        print_row(&all->arms[i]);
    print_ratios(all);
    if (all->arms[0].rounds > 0)
        print_legend(all);
    free(machine);
}

static void
print_markdown_row(const struct comparison *all, const struct arm *arm)
{
    printf("| %s |", arm->name);
    if (arm->rounds == 0) {
        printf(" %s |\n", missing(arm));
        return;
    }
    printf(" %s |", wall_text(arm));
    for (int i = COMPARE_user; i < COMPARE_COUNT; i++) {
        if (figures[i].title != NULL)
            printf(" %s |", shown((enum compare_figure)i,
                                  compare_median(arm, (enum compare_figure)i)));
    }
    printf(" %s |", ratio_text(compare_ratio(all, arm, COMPARE_wall)));
    printf(" %s |", ratio_text(compare_ratio(all, arm, COMPARE_peak)));
    printf(" %s |\n", ratio_text(compare_ratio(all, arm, COMPARE_end)));
}

void
compare_print_markdown(const struct comparison *all)
{
    const char *ratios[] = {"time ratio", "peak ratio", "end ratio"};
    char *machine = host_describe();
    int columns = 3;

    printf("`");
    print_command(stdout, all, SIZE_MAX);
    printf("`, %d round%s, %s\n\n| malloc |", all->arms[0].rounds,
           all->arms[0].rounds == 1 ? "" : "s", machine);
    for (int i = 0; i < COMPARE_COUNT; i++) {
        if (figures[i].title != NULL) {
            printf(" %s |", figures[i].title);
            columns++;
        }
    }
    for (int i = 0; i < 3; i++)
        printf(" %s |", ratios[i]);
    printf("\n|---|");
    for (int i = 0; i < columns; i++)
        printf("---|");
    printf("\n");
    for (int i = 0; i < all->count; i++)
        print_markdown_row(all, &all->arms[i]);
    printf("\nIn brackets: %s.", compare_bounds(all));
    for (int i = 0; i < COMPARE_COUNT; i++) {
        if (meanings[i] != NULL)
            printf(" %s: %s.", figures[i].title, meanings[i]);
    }
    printf("\n\n%s", output_words[compare_output_result(all)]);
    free(machine);
}
