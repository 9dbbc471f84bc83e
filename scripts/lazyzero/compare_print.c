/* SPDX-License-Identifier: MIT */
#include "compare.h"

#include <stdlib.h>
#include <string.h>

#include "host.h"
#include "plot.h"
#include "sample.h"
#include "text.h"

static const struct {
    const char *name, *unit, *title;
} figures[] = {
#define FIGURE(name, unit, title) {#name, unit, title},
    COMPARE_FIGURES(FIGURE)
#undef FIGURE
};

static const char *
shown(enum compare_figure figure, double value)
{
    if (strcmp(figures[figure].unit, "s") == 0)
        return text_seconds(value);
    if (strcmp(figures[figure].unit, "bytes") == 0)
        return text_bytes(value);
    return text_count(value);
}

static double
median(const struct arm *arm, enum compare_figure figure)
{
    return sample_median(arm->figures[figure], arm->rounds);
}

/* Why there are no figures. The caller's memory. */
static char *
missing(const struct arm *arm)
{
    return arm->status == 0 ? text_format("not measured")
                            : child_describe(arm->status);
}

/* A ratio to the system's malloc, of pairs of the same round. */
struct ratio {
    double median;
    struct sample_range range;
};

static struct ratio
ratio_of(const struct comparison *all, const struct arm *arm,
         enum compare_figure figure)
{
    const struct arm *base = &all->arms[0];
    int count = arm->rounds < base->rounds ? arm->rounds : base->rounds;
    double *pairs = calloc((size_t)count + 1, sizeof(*pairs));
    struct ratio ratio = {0};

    for (int i = 0; i < count && pairs != NULL; i++)
        pairs[i] = base->figures[figure][i] > 0
                       ? arm->figures[figure][i] / base->figures[figure][i]
                       : 1;
    ratio.median = sample_median(pairs, count);
    ratio.range = sample_interval(pairs, count);
    free(pairs);
    return ratio;
}

static char *
ratio_text(struct ratio ratio)
{
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
    double middle = median(arm, COMPARE_wall);
    double spread = sample_spread(arm->figures[COMPARE_wall], arm->rounds);

    return text_format("%s ±%.0f %%", text_seconds(middle),
                       middle > 0 ? 100 * spread / middle : 0);
}

static void
print_command(FILE *out, const struct comparison *all)
{
    for (int i = 0; all->program[i] != NULL; i++)
        fprintf(out, "%s%s", i == 0 ? "" : " ", all->program[i]);
}

/* ± is two bytes and one column. */
static void
print_row(const struct comparison *all, const struct arm *arm)
{
    char *wall = wall_text(arm), *time, *memory;

    if (arm->rounds == 0) {
        printf("%-14s %s\n", arm->name, missing(arm));
        return;
    }
    printf("%-14s %*s", arm->name, 14 + 1, wall);
    for (int i = COMPARE_user; i < COMPARE_COUNT; i++)
        printf(" %9s", shown((enum compare_figure)i,
                             median(arm, (enum compare_figure)i)));
    time = ratio_text(ratio_of(all, arm, COMPARE_wall));
    memory = ratio_text(ratio_of(all, arm, COMPARE_peak));
    printf(arm->library == NULL ? "\n" : "  %-18s %s\n", time, memory);
    free(time);
    free(memory);
    free(wall);
}

static void
print_verdict(struct ratio ratio, const char *less, const char *more,
              const char *what)
{
    double share = 100 * (ratio.median - 1);

    if (ratio.range.high < 1)
        printf("%.0f %% %s %s", -share, less, what);
    else if (ratio.range.low > 1)
        printf("%.0f %% %s %s", share, more, what);
    else
        printf("no clear difference in %s", what);
}

static void
print_verdicts(const struct comparison *all)
{
    const struct arm *ours = &all->arms[all->count - 1];

    if (ours->rounds == 0)
        return;
    printf("\nliblazyzero against the system's malloc: ");
    print_verdict(ratio_of(all, ours, COMPARE_wall), "less", "more", "time");
    printf(", ");
    print_verdict(ratio_of(all, ours, COMPARE_peak), "less", "more", "memory");
    printf(".\n");
}

static void
print_legend(const struct comparison *all)
{
    const char *confidence = all->arms[0].rounds < 6
                                 ? "the smallest and the largest"
                                 : "95 % confidence";

    printf(
        "Medians of %d round%s. ± half the distance between the quartiles; "
        "ratios to the\nsystem's malloc of the same round, in brackets %s.\n",
        all->arms[0].rounds, all->arms[0].rounds == 1 ? "" : "s", confidence);
}

void
compare_print_table(const struct comparison *all)
{
    char *machine = host_describe();

    print_command(stdout, all);
    printf("\n%s\n\n", machine);
    printf("%-14s %14s", "malloc", "wall");
    for (int i = COMPARE_user; i < COMPARE_COUNT; i++)
        printf(" %9s", figures[i].title);
    printf("  %-18s %s\n", "time ratio", "memory ratio");
    for (int i = 0; i < all->count; i++)
        print_row(all, &all->arms[i]);
    printf("\n");
    print_legend(all);
    print_verdicts(all);
    free(machine);
}

void
compare_print_markdown(const struct comparison *all)
{
    char *machine = host_describe();

    printf("`");
    print_command(stdout, all);
    printf("`, %d rounds, %s\n\n| malloc |", all->arms[0].rounds, machine);
    for (int i = 0; i < COMPARE_COUNT; i++)
        printf(" %s |", figures[i].title);
    printf(" time ratio | memory ratio |\n|---|");
    for (int i = 0; i < COMPARE_COUNT + 2; i++)
        printf("---|");
    printf("\n");
    for (int i = 0; i < all->count; i++) {
        const struct arm *arm = &all->arms[i];

        printf("| %s |", arm->name);
        if (arm->rounds == 0) {
            printf(" %s |\n", missing(arm));
            continue;
        }
        printf(" %s |", wall_text(arm));
        for (int j = COMPARE_user; j < COMPARE_COUNT; j++)
            printf(" %s |", shown((enum compare_figure)j,
                                  median(arm, (enum compare_figure)j)));
        printf(" %s |", ratio_text(ratio_of(all, arm, COMPARE_wall)));
        printf(" %s |\n", ratio_text(ratio_of(all, arm, COMPARE_peak)));
    }
    free(machine);
}

static void
print_json_figure(const struct arm *arm, enum compare_figure figure)
{
    printf(",\n      \"%s\": {\"median\": %.9g, \"spread\": %.9g, \"runs\": [",
           figures[figure].name, median(arm, figure),
           sample_spread(arm->figures[figure], arm->rounds));
    for (int i = 0; i < arm->rounds; i++)
        printf("%s%.9g", i == 0 ? "" : ", ", arm->figures[figure][i]);
    printf("]}");
}

static void
print_json_ratio(const char *name, struct ratio ratio)
{
    printf(",\n      \"%s\": {\"median\": %.9g, \"low\": %.9g, \"high\": %.9g}",
           name, ratio.median, ratio.range.low, ratio.range.high);
}

static void
print_json_arm(const struct comparison *all, const struct arm *arm)
{
    printf("    {\n      \"name\": ");
    text_json(stdout, arm->name);
    printf(",\n      \"library\": ");
    if (arm->library == NULL)
        printf("null");
    else
        text_json(stdout, arm->library);
    printf(",\n      \"failed\": %d,\n      \"rounds\": %d", arm->status,
           arm->rounds);
    for (int i = 0; i < COMPARE_COUNT && arm->rounds > 0; i++)
        print_json_figure(arm, (enum compare_figure)i);
    if (arm->rounds > 0) {
        print_json_ratio("time_ratio", ratio_of(all, arm, COMPARE_wall));
        print_json_ratio("memory_ratio", ratio_of(all, arm, COMPARE_peak));
    }
    printf("\n    }");
}

void
compare_print_json(const struct comparison *all)
{
    char *machine = host_describe();

    printf("{\n  \"version\": \"%s\",\n  \"machine\": ", VERSION);
    text_json(stdout, machine);
    printf(",\n  \"program\": [");
    for (int i = 0; all->program[i] != NULL; i++) {
        fputs(i == 0 ? "" : ", ", stdout);
        text_json(stdout, all->program[i]);
    }
    printf("],\n  \"allocators\": [\n");
    for (int i = 0; i < all->count; i++) {
        print_json_arm(all, &all->arms[i]);
        fputs(i + 1 < all->count ? ",\n" : "\n", stdout);
    }
    printf("  ]\n}\n");
    free(machine);
}

static void
put_data(FILE *gnuplot, const struct comparison *all)
{
    int row = 0;

    fprintf(gnuplot, "$data << EOD\n");
    for (int i = 0; i < all->count; i++) {
        const struct arm *arm = &all->arms[i];
        struct sample_range time =
            sample_interval(arm->figures[COMPARE_wall], arm->rounds);

        if (arm->rounds == 0)
            continue;
        fprintf(gnuplot, "%d ", row++);
        plot_put_word(gnuplot, arm->name);
        fprintf(gnuplot, " %.9g %.9g %.9g %.9g %d\n", median(arm, COMPARE_wall),
                time.low, time.high, median(arm, COMPARE_peak) / (1 << 20),
                i == all->count - 1 ? 0x0072b2 : 0xaaaaaa);
    }
    fprintf(gnuplot, "EOD\nset xrange [-0.6:%g]\n", row - 0.4);
}

void
compare_draw(const struct comparison *all, const char *file)
{
    FILE *gnuplot = plot_open(file, 800, 400);

    put_data(gnuplot, all);
    fprintf(gnuplot, "set multiplot layout 1,2 title ");
    plot_put_word(gnuplot,
                  text_format("%s, median of %d rounds",
                              plot_title(all->program), all->arms[0].rounds));
    fprintf(gnuplot,
            " noenhanced\n"
            "set style fill solid\nset boxwidth 0.7\nset pointintervalbox "
            "0\nset yrange [0:*]\n"
            "set grid ytics\nset xtics rotate by -30 noenhanced\nunset key\n"
            "set title 'wall time, seconds'\n"
            "plot $data using 1:3:7:xtic(2) with boxes linecolor rgb variable, "
            "'' using 1:3:4:5 with yerrorbars linecolor rgb 'black' pt -1\n"
            "set title 'peak resident memory, MiB'\n"
            "plot $data using 1:6:7:xtic(2) with boxes linecolor rgb variable\n"
            "unset multiplot\n");
    plot_close(gnuplot, file);
}
