/* SPDX-License-Identifier: MIT */
/*
 * lazyzero trace: has the library write a line of CSV for each large call
 * (LAZYZERO_TRACE), and makes pictures and reports of these lines.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "child.h"
#include "commands.h"
#include "help.h"
#include "host.h"
#include "plot.h"
#include "say.h"
#include "sink.h"
#include "sites.h"
#include "text.h"
#include "trace_curve.h"

#define MIB 1048576.0

/* Call sites in the table. */
#define MOST_SITES 10

struct wishes {
    const char *output, *plot, *profile, *read;
    bool sites;
    struct choices choices;
};

/* The resident memory of the program and its children, as child.h says. */
static struct sample {
    double time, bytes;
} * samples;
static size_t sample_count;

static void
take_sample(pid_t process, double time)
{
    double bytes = host_tree_memory(process);

    if (bytes == 0)
        bytes = host_resident(process);
    /* Room doubles at each power of two. */
    if ((sample_count & (sample_count - 1)) == 0)
        samples = say_got(
            realloc(samples, sizeof(*samples) * 2 * (sample_count + 1)));
    if (bytes > 0)
        samples[sample_count++] = (struct sample){time, bytes};
}

static void
put_data(FILE *gnuplot, const struct trace_curve *curve)
{
    fprintf(gnuplot, "$blocks << EOD\n0 0 0\n");
    trace_curve_put(gnuplot, curve);
    fprintf(gnuplot, "EOD\n$resident << EOD\n0 0\n");
    for (size_t i = 0; i < sample_count; i++)
        fprintf(gnuplot, "%.9f %.6f\n", samples[i].time,
                samples[i].bytes / MIB);
    fprintf(gnuplot, "EOD\n");
}

static void
draw(const struct trace_curve *curve, const char *file, const char *title)
{
    FILE *gnuplot = plot_open(file, 800, 400);

    put_data(gnuplot, curve);
    fprintf(gnuplot, "set title ");
    plot_put_word(gnuplot, title);
    fprintf(
        gnuplot,
        " noenhanced\n"
        "set xlabel 'seconds since the start' offset 0,0.3\nset ylabel 'MiB'\n"
        "set yrange [0:*]\nset xrange [0:*]\nset grid\n"
        "set key below horizontal Left reverse samplen 1 width -7\n"
        "set style fill solid 0.4 noborder\n"
        "plot $blocks using 1:2 with fillsteps lc rgb '#e69f00' "
        "title 'asked for in large blocks', "
        "$blocks using 1:3 with fillsteps lc rgb '#009e73' "
        "title 'touched of these by their end', "
        "$blocks using 1:2 with steps lc rgb '#e69f00' notitle, "
        "$blocks using 1:3 with steps lc rgb '#009e73' notitle, "
        "$resident with lines lw 2 lc rgb '#0072b2' "
        "title 'resident, the whole program'\n");
    plot_close(gnuplot, file);
}

/* The program's exit status. */
static int
run(const struct wishes *wishes, char **program, const char *library,
    const char *csv)
{
    char *output = text_format("LAZYZERO_TRACE=%s", csv);
    const char *set[] = {output, "LAZYZERO_TRACE_SITES=1", NULL};
    struct child child = {.program = program, .library = library, .set = set};

    if (!wishes->sites)
        set[1] = NULL;
    if (wishes->plot != NULL)
        child.watch = take_sample;
    return child_run(&child).status;
}

static void
report_sites(const struct wishes *wishes, const char *csv, FILE *out)
{
    struct sites sites;

    if (!wishes->sites)
        return;
    sites = sites_read(csv);
    if (sites.count > 0 && !sites.has_stacks)
        say_line("%s has no call stacks (LAZYZERO_TRACE_SITES=1 adds them)",
                 csv);
    sites_print(out, &sites, MOST_SITES);
    if (wishes->profile != NULL)
        sites_write(&sites, wishes->profile);
}

static int
run_and_report(const struct wishes *wishes, char **program)
{
    const char *library = choices_prepare(&wishes->choices, program[0]);
    struct trace_curve curve;
    struct sink sink;
    int status;

    if (wishes->plot != NULL)
        plot_check(wishes->plot);
    sink = sink_open(wishes->output);
    status = run(wishes, program, library, sink.path);
    curve = trace_curve_read(sink.path);
    say_line("%zu large call%s of %s in %s, at most %s in use at once",
             curve.calls, curve.calls == 1 ? "" : "s", program[0], sink.name,
             text_bytes(curve.most));
    if (wishes->plot != NULL)
        draw(&curve, wishes->plot, plot_title(program));
    report_sites(wishes, sink.path, stderr);
    if (!sink_finish(&sink))
        return child_interrupted ? 128 + child_interrupted : SAY_FAILED;
    return status;
}

/* A trace that is there already. */
static int
report_only(const struct wishes *wishes, const struct args *args)
{
    if (args->rest[0] != NULL)
        say_stop(SAY_FAILED, "--read runs no program, so not %s",
                 args->rest[0]);
    if (wishes->plot != NULL)
        say_stop(SAY_FAILED, "--plot needs a program to run, not --read");
    report_sites(wishes, wishes->read, stdout);
    return 0;
}

static bool
take(struct wishes *wishes, struct args *args)
{
    if (args_flag(args, "--sites"))
        return wishes->sites = true;
    if (args_value(args, NULL, "--profile", &wishes->profile) ||
        args_value(args, NULL, "--read", &wishes->read))
        return wishes->sites = true;
    return args_value(args, "-o", "--output", &wishes->output) ||
           args_value(args, NULL, "--plot", &wishes->plot) ||
           choices_take(&wishes->choices, args);
}

int
trace_main(struct args *args)
{
    struct wishes wishes = {.output = "lazyzero.csv"};

    while (args_has_option(args)) {
        if (help_wanted(args))
            return 0;
        args_refuse(args, "--trace", "-o says where the lines go");
        args_refuse(args, "--trace-sites", "--sites does this");
        if (!take(&wishes, args))
            args_unknown(args);
    }
    if (wishes.read != NULL)
        return report_only(&wishes, args);
    return run_and_report(&wishes, args_program(args));
}
