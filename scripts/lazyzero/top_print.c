/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "screen.h"
#include "text.h"
#include "top.h"

static const char *
rate_text(double rate)
{
    return rate < 0 ? "-" : text_count(rate);
}

/* Of all large blocks handed out, in percent. */
static const char *
share_reused(const struct lz_stat_counts *stats)
{
    static char text[16];

    if (stats->regions_allocated == 0)
        return "-";
    snprintf(text, sizeof(text), "%.0f %%",
             100 * (double)stats->regions_reused /
                 (double)stats->regions_allocated);
    return text;
}

static void
draw_bytes(const char *name, double bytes, const char *peak,
           const char *description)
{
    screen_line("  %-15s %10s  %-16s  %s", name, text_bytes(bytes), peak,
                description);
}

static void
draw_gauge(const char *name, const struct lz_stat_gauge *gauge,
           const char *description)
{
    char *peak = text_format("peak %s", text_bytes((double)gauge->peak));

    draw_bytes(name, (double)gauge->now, peak, description);
    free(peak);
}

static void
draw_flow(const char *name, double rate, uint64_t total,
          const char *description)
{
    screen_line("  %-15s %10s  %16s  %s", name, rate_text(rate),
                text_count((double)total), description);
}

/* What `a` counts without what `b` and `c` do, which are parts of it. */
static void
draw_rest(const struct top_process *process, const char *name, size_t a,
          size_t b, size_t c, const char *description)
{
    struct counters sum = top_counters(&process->now);
    double rate = top_rate(process, a);
    uint64_t total = sum.rows[a] - sum.rows[b] - (c == a ? 0 : sum.rows[c]);

    if (rate >= 0)
        rate -= top_rate(process, b) + (c == a ? 0 : top_rate(process, c));
    draw_flow(name, rate < 0 && process->seconds > 0 ? 0 : rate,
              (int64_t)total < 0 ? 0 : total, description);
}

static void
draw_row(const struct top_process *process, const char *name, size_t row,
         const char *description)
{
    draw_flow(name, top_rate(process, row),
              top_counters(&process->now).rows[row], description);
}

static void
draw_page_flow(const struct top_process *process)
{
    draw_row(process, "allocations", COUNTERS_regions_allocated,
             "large blocks handed out");
    draw_rest(process, "  reused", COUNTERS_regions_reused,
              COUNTERS_regions_split, COUNTERS_regions_joined,
              "a kept block of the same size");
    draw_row(process, "  split", COUNTERS_regions_split,
             "front of a larger kept block");
    draw_row(process, "  joined", COUNTERS_regions_joined,
             "pages of smaller kept blocks");
    draw_rest(process, "  fresh", COUNTERS_regions_allocated,
              COUNTERS_regions_reused, COUNTERS_regions_allocated,
              "new from the system");
    draw_row(process, "freed", COUNTERS_regions_freed, "large blocks freed");
    draw_row(process, "released", COUNTERS_regions_released,
             "given back to the system");
    draw_row(process, "  let go", COUNTERS_regions_let_go,
             "of these, as no more may be kept");
    draw_row(process, "faults avoided", COUNTERS_faults_avoided,
             "page faults that reuse saved");
}

void
top_draw_one(const struct top_process *process)
{
    const struct lz_stat_counts *stats = &process->now.stats;

    screen_line("lazyzero top: %s, process %ld, liblazyzero %s",
                process->target.program, (long)process->target.pid,
                process->target.release);
    screen_line("%s", "");
    draw_gauge("live", &stats->live_bytes, "large blocks in use");
    draw_gauge("kept", &stats->retained_bytes, "freed blocks, still resident");
    draw_bytes("resident", process->resident, "", "all of the process");
    screen_line("%s", "");
    screen_line("  %-15s %10s  %16s", "", "a second", "in all");
    draw_page_flow(process);
}

/* The columns of a row, and which stay where there is little room: the first.
 */
enum column {
    PID,
    LIVE,
    RESIDENT,
    ALLOCATIONS,
    KEPT,
    AVOIDED,
    REUSED,
    COLUMNS
};

static const struct {
    const char *title;
    int width;
} columns[COLUMNS] = {{"PID", 7},     {"LIVE", 10}, {"RESIDENT", 10},
                      {"ALLOC/S", 9}, {"KEPT", 10}, {"AVOIDED/S", 10},
                      {"REUSED", 7}};

/* In which order they are shown. */
static const enum column shown[COLUMNS] = {
    PID, LIVE, KEPT, RESIDENT, ALLOCATIONS, AVOIDED, REUSED};

/* How many of them fit beside 12 columns for the name. */
static int
fitting(int width)
{
    int count = 0;

    for (width -= 12; count < COLUMNS; count++) {
        width -= columns[count].width;
        if (width < 0)
            break;
    }
    return count;
}

static char *
field(const struct top_process *process, enum column column)
{
    const struct lz_stat_counts *stats = &process->now.stats;

    switch (column) {
    case PID:
        return text_format("%ld", (long)process->target.pid);
    case LIVE:
        return text_format("%s", text_bytes((double)stats->live_bytes.now));
    case KEPT:
        return text_format("%s", text_bytes((double)stats->retained_bytes.now));
    case RESIDENT:
        return text_format("%s", text_bytes(process->resident));
    case ALLOCATIONS:
        return text_format(
            "%s", rate_text(top_rate(process, COUNTERS_regions_allocated)));
    case AVOIDED:
        return text_format(
            "%s", rate_text(top_rate(process, COUNTERS_faults_avoided)));
    default:
        return text_format("%s", share_reused(stats));
    }
}

/* Of a process, or the titles. */
static void
draw_process(const struct top_process *process, int fit)
{
    char *line = text_format("%s", "");

    for (int i = 0; i < COLUMNS; i++) {
        char *text, *longer;

        if ((int)shown[i] >= fit)
            continue;
        text = process == NULL ? text_format("%s", columns[shown[i]].title)
                               : field(process, shown[i]);
        longer = text_format("%s%*s", line, columns[shown[i]].width, text);
        free(text);
        free(line);
        line = longer;
    }
    screen_line("%s  %s", line,
                process == NULL ? "PROGRAM" : process->target.program);
    free(line);
}

static void
draw_sum(const struct top *top)
{
    double live = 0, kept = 0, resident = 0;

    for (size_t i = 0; i < top->count; i++) {
        live += (double)top->processes[i].now.stats.live_bytes.now;
        kept += (double)top->processes[i].now.stats.retained_bytes.now;
        resident += top->processes[i].resident;
    }
    screen_line("lazyzero top: %zu process%s, %s live, %s kept, %s resident",
                top->count, top->count == 1 ? "" : "es", text_bytes(live),
                text_bytes(kept), text_bytes(resident));
}

void
top_draw_all(const struct top *top)
{
    int fit = fitting(screen_columns()), rows = screen_rows();
    /* Without the head, and the line that says what is left out. */
    size_t room = rows == 0 ? top->count : rows > 5 ? (size_t)rows - 4 : 1;
    size_t count = top->count < room ? top->count : room;

    draw_sum(top);
    screen_line("%s", "");
    draw_process(NULL, fit);
    for (size_t i = 0; i < count; i++)
        draw_process(&top->processes[i], fit);
    if (top->count == 0)
        screen_line("%s", "No process here runs with liblazyzero.");
    if (count < top->count)
        screen_line("and %zu more", top->count - count);
    if (top->forbidden > 0)
        screen_line("%zu process%s may not be read%s.", top->forbidden,
                    top->forbidden == 1 ? "" : "es",
                    geteuid() == 0 ? "" : " by this user (root may)");
}
