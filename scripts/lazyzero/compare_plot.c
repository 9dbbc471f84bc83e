/* SPDX-License-Identifier: MIT */
/*
 * A comparison as a picture: allocators down; time and memory as bars, the
 * system's malloc as 1, as in bench/APPLICATIONS.md. A line is drawn between
 * the bounds.
 */
#include "compare.h"

#include <math.h>
#include <stdlib.h>

#include "plot.h"
#include "text.h"

/* Pixels: of a row, and of what is above and below the rows. */
enum { WIDTH = 900, ROW = 44, AROUND = 118 };

/* Bars end here at the latest; the text beside them tells the rest. */
static const double most_ratio = 2;

static const struct {
    enum compare_figure figure;
    const char *title;
} panels[] = {
    {COMPARE_wall, "wall time"},
    {COMPARE_peak, "peak memory"},
    {COMPARE_end, "memory at the end"},
};

#define PANEL_COUNT ((int)(sizeof(panels) / sizeof(panels[0])))

static double
at_most(double ratio)
{
    return ratio > most_ratio ? most_ratio : ratio;
}

/* "0.42 (0.37-0.56), 653 ms" */
static char *
label(const struct comparison *all, const struct arm *arm,
      enum compare_figure figure)
{
    struct compare_ratio ratio = compare_ratio(all, arm, figure);
    double median = compare_median(arm, figure);
    const char *value =
        figure == COMPARE_wall ? text_seconds(median) : text_bytes(median);

    if (isnan(ratio.median))
        return text_format("unknown");
    if (arm == &all->arms[0])
        return text_format("%s", value);
    return text_format("%.2f (%.2f-%.2f), %s", ratio.median, ratio.range.low,
                       ratio.range.high, value);
}

/* A line: row, name, ratio, bounds, colour, text. */
static void
put_row(FILE *gnuplot, const struct comparison *all, int number, int row,
        enum compare_figure figure)
{
    const struct arm *arm = &all->arms[number];
    struct compare_ratio ratio = compare_ratio(all, arm, figure);
    char *text = label(all, arm, figure);

    if (isnan(ratio.median))
        ratio = (struct compare_ratio){0};
    fprintf(gnuplot, "%d ", row);
    plot_put_word(gnuplot, arm->name);
    fprintf(gnuplot, " %.9g %.9g %.9g %d ", at_most(ratio.median),
            at_most(ratio.range.low), at_most(ratio.range.high),
            number == all->count - 1 ? 0x0072b2 : 0xaaaaaa);
    plot_put_word(gnuplot, text);
    fputc('\n', gnuplot);
    free(text);
}

static void
put_data(FILE *gnuplot, const struct comparison *all, int panel)
{
    int row = 0;

    fprintf(gnuplot, "$d%d << EOD\n", panel);
    for (int i = 0; i < all->count; i++) {
        if (all->arms[i].rounds > 0)
            put_row(gnuplot, all, i, row++, panels[panel].figure);
    }
    fprintf(gnuplot, "EOD\n");
}

static void
put_panel(FILE *gnuplot, int panel)
{
    double left = 0.13 + 0.29 * panel;

    fprintf(gnuplot,
            "set lmargin at screen %g\nset rmargin at screen %g\n"
            "set title '%s' font ',13' offset 0,-0.4\n"
            "plot $d%d using (0):($1+0.18):(0):3:($1-0.02):($1+0.38):6%s "
            "with boxxyerror fill solid noborder linecolor rgb variable, "
            "'' using (1):($1-0.06):(0):(0.48) with vectors nohead linewidth 2 "
            "linecolor rgb '#444444', "
            "'' using 4:($1+0.18):($5-$4):(0) with vectors nohead linewidth 4 "
            "linecolor rgb 'white', "
            "'' using 4:($1+0.18):($5-$4):(0) with vectors nohead "
            "linecolor rgb 'black', '' using (0):($1-0.2):7 with labels left "
            "font ',10' noenhanced\n"
            "set ytics format ''\n",
            left, left + 0.27, panels[panel].title, panel,
            panel == 0 ? ":ytic(2)" : "");
}

/* The program, and how to read the rest. */
static void
put_titles(FILE *gnuplot, const struct comparison *all, double height)
{
    int rounds = all->arms[0].rounds;
    char *title = plot_title(all->program);
    char *how = text_format("shorter is better; medians of %d round%s; lines, "
                            "and in brackets: %s; bars end at %g",
                            rounds, rounds == 1 ? "" : "s", compare_bounds(all),
                            most_ratio);

    fprintf(gnuplot, "set label 1 ");
    plot_put_word(gnuplot, title);
    fprintf(gnuplot,
            " at screen 0.5, screen %g center noenhanced font ',15'\n"
            "set label 2 ",
            1 - 18 / height);
    plot_put_word(gnuplot, how);
    fprintf(gnuplot, " at screen 0.5, screen %g center font ',11'\n",
            1 - 40 / height);
    free(title);
    free(how);
}

/* Names on the left, and 1 as a line. */
static void
put_frame(FILE *gnuplot, int rows, double height)
{
    fprintf(gnuplot,
            "set tmargin at screen %g\nset bmargin at screen %g\n"
            "set yrange [%d.5:-0.5]\nset xrange [0:%g]\nunset key\n"
            "set border 0\nset grid xtics linecolor rgb '#dddddd'\n"
            "set xtics ('0' 0, '0.5' 0.5, '1: system' 1, '1.5' 1.5) scale 0 "
            "font ',11'\nset ytics scale 0 noenhanced\n"
            "set multiplot\n",
            1 - 84 / height, 34 / height, rows - 1, most_ratio);
}

void
compare_draw(const struct comparison *all, const char *file)
{
    int rows = 0, height;
    FILE *gnuplot;

    for (int i = 0; i < all->count; i++)
        rows += all->arms[i].rounds > 0;
    height = ROW * rows + AROUND;
    gnuplot = plot_open(file, WIDTH, height);
    for (int i = 0; i < PANEL_COUNT; i++)
        put_data(gnuplot, all, i);
    put_titles(gnuplot, all, height);
    put_frame(gnuplot, rows, height);
    for (int i = 0; i < PANEL_COUNT; i++) {
        put_panel(gnuplot, i);
        fprintf(gnuplot, "unset label\n");
    }
    fprintf(gnuplot, "unset multiplot\n");
    plot_close(gnuplot, file);
}
