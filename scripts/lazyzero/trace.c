/* SPDX-License-Identifier: MIT */
/*
 * lazyzero trace: has the library write a line of CSV for each large call
 * (LAZYZERO_TRACE), and draws the bytes in large blocks, and the program's
 * resident memory, over time.
 */
#include <inttypes.h>
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
#include "text.h"

#define MIB 1048576.0

/* The resident memory of the program and its children, as child.h says. */
static struct sample {
    double time, bytes;
} * samples;
static size_t sample_count;

/* Blocks in use, by process and address: few at a time, so a plain list. */
static struct block {
    long process;
    uint64_t address;
    double bytes;
} * blocks;
static size_t block_count;

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

/* Bytes that are in use no more. */
static double
forget(long process, uint64_t address)
{
    for (size_t i = block_count; i-- > 0;) {
        if (blocks[i].process == process && blocks[i].address == address) {
            double bytes = blocks[i].bytes;

            blocks[i] = blocks[--block_count];
            return bytes;
        }
    }
    return 0;
}

static double
remember(long process, uint64_t address, double bytes)
{
    if ((block_count & (block_count - 1)) == 0)
        blocks =
            say_got(realloc(blocks, sizeof(*blocks) * 2 * (block_count + 1)));
    blocks[block_count++] = (struct block){process, address, bytes};
    return bytes;
}

/* time_ns,pid,thread,call,how,address,from,size,usable,resident,call_ns */
enum { TIME, PROCESS, THREAD, CALL, HOW, ADDRESS, FROM, SIZE, USABLE, FIELDS };

/* The change of the bytes in use that a line stands for. */
static double
change(char *line, double *time)
{
    char *fields[FIELDS];
    uint64_t address, from;
    double gone;
    long process;

    for (int i = 0; i < FIELDS; i++) {
        fields[i] = strsep(&line, ",");
        if (fields[i] == NULL)
            return 0;
    }
    *time = strtod(fields[TIME], NULL) / 1e9;
    process = atol(fields[PROCESS]);
    address = strtoull(fields[ADDRESS], NULL, 16);
    from = strtoull(fields[FROM], NULL, 16);
    if (address == 0 || strcmp(fields[CALL], "memset") == 0)
        return 0;
    if (strcmp(fields[CALL], "free") == 0)
        return -forget(process, address);
    gone = forget(process, from == 0 ? address : from);
    return remember(process, address, strtod(fields[USABLE], NULL)) - gone;
}

/* Sends the data of the first curve, and gives the number of events. */
static size_t
put_live(FILE *out, const char *csv, double *most)
{
    FILE *file = fopen(csv, "r");
    char *line = NULL;
    size_t size = 0, count = 0;
    double live = 0, time = 0;

    if (file == NULL)
        return 0;
    while (getline(&line, &size, file) > 0) {
        if (*line < '0' || *line > '9')
            continue;
        live += change(line, &time);
        if (live > *most)
            *most = live;
        fprintf(out, "%.9f %.6f\n", time, live / MIB);
        count++;
    }
    free(line);
    fclose(file);
    return count;
}

static void
draw(const char *csv, const char *file, const char *title)
{
    FILE *gnuplot = plot_open(file, 800, 400);
    double most = 0;

    fprintf(gnuplot, "$live << EOD\n0 0\n");
    put_live(gnuplot, csv, &most);
    fprintf(gnuplot, "EOD\n$resident << EOD\n0 0\n");
    for (size_t i = 0; i < sample_count; i++)
        fprintf(gnuplot, "%.9f %.6f\n", samples[i].time,
                samples[i].bytes / MIB);
    fprintf(gnuplot, "EOD\nset title ");
    plot_put_word(gnuplot, title);
    fprintf(gnuplot,
            " noenhanced\n"
            "set xlabel 'seconds'\nset ylabel 'MiB'\nset yrange [0:*]\n"
            "set grid\nset key above\n"
            "plot $live with steps lw 2 lc rgb '#e69f00' "
            "title 'in large blocks', $resident with lines lw 2 "
            "lc rgb '#0072b2' title 'resident, all processes'\n");
    plot_close(gnuplot, file);
}

static size_t
count_lines(const char *csv, double *most)
{
    FILE *nowhere = fopen("/dev/null", "w");
    size_t count = nowhere == NULL ? 0 : put_live(nowhere, csv, most);

    if (nowhere != NULL)
        fclose(nowhere);
    block_count = 0;
    return count;
}

int
trace_main(struct args *args)
{
    const char *output = "lazyzero.csv", *plot = NULL, *set[] = {NULL, NULL};
    struct choices choices = {0};
    struct child child = {.set = set};
    struct child_result result;
    struct sink sink;
    double most = 0;
    size_t count;

    while (args_has_option(args)) {
        if (help_wanted(args))
            return 0;
        args_refuse(args, "--trace", "-o says where the lines go");
        if (!args_value(args, "-o", "--output", &output) &&
            !args_value(args, NULL, "--plot", &plot) &&
            !choices_take(&choices, args))
            args_unknown(args);
    }
    child.program = args_program(args);
    child.library = choices_prepare(&choices, child.program[0]);
    if (plot != NULL) {
        plot_check(plot);
        child.watch = take_sample;
    }
    sink = sink_open(output);
    set[0] = text_format("LAZYZERO_TRACE=%s", sink.path);
    result = child_run(&child);
    count = count_lines(sink.path, &most);
    say_line("%zu large call%s of %s in %s, at most %s in use at once", count,
             count == 1 ? "" : "s", child.program[0], sink.name,
             text_bytes(most));
    if (plot != NULL)
        draw(sink.path, plot, plot_title(child.program));
    if (!sink_finish(&sink))
        return child_interrupted ? 128 + child_interrupted : SAY_FAILED;
    return result.status;
}
