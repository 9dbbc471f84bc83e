/* SPDX-License-Identifier: MIT */
/* A comparison as JSON and as a picture, and the statistics that are in all. */
#include "compare.h"

#include <stdlib.h>
#include <string.h>

#include "host.h"
#include "plot.h"
#include "sample.h"
#include "text.h"

static const char *const names[] = {
#define FIGURE(name, unit, title) #name,
    COMPARE_FIGURES(FIGURE)
#undef FIGURE
};

double
compare_median(const struct arm *arm, enum compare_figure figure)
{
    return sample_median(arm->figures[figure], arm->rounds);
}

struct compare_ratio
compare_ratio(const struct comparison *all, const struct arm *arm,
              enum compare_figure figure)
{
    const struct arm *base = &all->arms[0];
    int count = arm->rounds < base->rounds ? arm->rounds : base->rounds;
    double *pairs = calloc((size_t)count + 1, sizeof(*pairs));
    struct compare_ratio ratio = {0};

    for (int i = 0; i < count && pairs != NULL; i++)
        pairs[i] = base->figures[figure][i] > 0
                       ? arm->figures[figure][i] / base->figures[figure][i]
                       : 1;
    ratio.median = sample_median(pairs, count);
    ratio.range = sample_interval(pairs, count);
    free(pairs);
    return ratio;
}

static void
print_json_figure(const struct arm *arm, enum compare_figure figure)
{
    printf(",\n      \"%s\": {\"median\": %.9g, \"spread\": %.9g, \"runs\": [",
           names[figure], compare_median(arm, figure),
           sample_spread(arm->figures[figure], arm->rounds));
    for (int i = 0; i < arm->rounds; i++)
        printf("%s%.9g", i == 0 ? "" : ", ", arm->figures[figure][i]);
    printf("]}");
}

static void
print_json_ratio(const char *name, struct compare_ratio ratio)
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
        print_json_ratio("time_ratio", compare_ratio(all, arm, COMPARE_wall));
        print_json_ratio("memory_ratio", compare_ratio(all, arm, COMPARE_peak));
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
    printf("],\n  \"memory\": ");
    text_json(stdout, COMPARE_MEMORY);
    printf(",\n  \"allocators\": [\n");
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
        fprintf(gnuplot, " %.9g %.9g %.9g %.9g %d\n",
                compare_median(arm, COMPARE_wall), time.low, time.high,
                compare_median(arm, COMPARE_peak) / (1 << 20),
                i == all->count - 1 ? 0x0072b2 : 0xaaaaaa);
    }
    fprintf(gnuplot, "EOD\nset xrange [-0.6:%g]\n", row - 0.4);
}

/* Names lie flat where they fit below a bar each. */
static const char *
label_style(const struct comparison *all)
{
    size_t longest = 0;

    for (int i = 0; i < all->count; i++) {
        if (strlen(all->arms[i].name) > longest)
            longest = strlen(all->arms[i].name);
    }
    return longest * (size_t)all->count <= 60 ? "font ',9'" : "rotate by -30";
}

void
compare_draw(const struct comparison *all, const char *file)
{
    FILE *gnuplot = plot_open(file, 900, 400);
    int rounds = all->arms[0].rounds;

    put_data(gnuplot, all);
    fprintf(gnuplot, "set multiplot layout 1,2 title ");
    plot_put_word(gnuplot, text_format("%s, median of %d round%s",
                                       plot_title(all->program), rounds,
                                       rounds == 1 ? "" : "s"));
    fprintf(gnuplot,
            " noenhanced\n"
            "set style fill solid\nset boxwidth 0.7\nset yrange [0:*]\n"
            "set grid ytics\nset xtics %s noenhanced\nunset key\n"
            "set title 'wall time, seconds (lines: %s)'\n"
            "plot $data using 1:3:7:xtic(2) with boxes linecolor rgb variable, "
            "'' using 1:4:(0):($5-$4) with vectors nohead "
            "linecolor rgb 'black'\n"
            "set title 'peak memory, all processes, MiB'\n"
            "plot $data using 1:6:7:xtic(2) with boxes linecolor rgb variable\n"
            "unset multiplot\n",
            label_style(all),
            rounds < COMPARE_LEAST_ROUNDS ? "smallest to largest"
                                          : "95 % confidence");
    plot_close(gnuplot, file);
}
