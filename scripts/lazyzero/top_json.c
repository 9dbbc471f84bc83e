/* SPDX-License-Identifier: MIT */
/* What top_print.c draws, as JSON, and the numbers of both. */
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "text.h"
#include "top.h"

struct counters
top_counters(const struct lz_view_process *process)
{
    struct counters counters = {0};

    counters_add(&counters, process);
    return counters;
}

double
top_rate(const struct top_process *process, size_t row)
{
    struct counters now = top_counters(&process->now);
    struct counters before = top_counters(&process->before);

    if (process->seconds <= 0)
        return -1;
    /* Another program that it became by exec counts from zero. */
    if (now.rows[row] < before.rows[row])
        before.rows[row] = 0;
    return (double)(now.rows[row] - before.rows[row]) / process->seconds;
}

/* A share that is not known is null. */
static void
print_json_blocks(const struct top_process *process)
{
    printf(", \"largest\": [");
    for (size_t i = 0; i < process->block_count; i++) {
        const struct target_block *block = &process->blocks[i];

        printf("%s{\"address\": %" PRIu64 ", \"bytes\": %" PRIu64
               ", \"touched\": ",
               i == 0 ? "" : ", ", block->address, block->bytes);
        if (block->touched < 0)
            printf("null}");
        else
            printf("%.6g}", block->touched);
    }
    printf("]");
}

static void
print_json_process(const struct top_process *process)
{
    struct counters now = top_counters(&process->now);
    const struct lz_stat_counts *stats = &process->now.stats;
    const char *before = "";

    printf("{\"pid\": %ld, \"program\": ", (long)process->target.pid);
    text_json(stdout, process->target.program);
    printf(", \"library\": \"%s\", \"resident_bytes\": %.0f, "
           "\"live_bytes\": %" PRIu64 ", \"retained_bytes\": %" PRIu64,
           process->target.release, process->resident, stats->live_bytes.now,
           stats->retained_bytes.now);
    for (size_t i = 0; i < COUNTERS_ROWS; i++)
        printf(", \"%s\": %" PRIu64, counters_rows[i].name, now.rows[i]);
    print_json_blocks(process);
    printf(", \"per_second\": ");
    if (process->seconds <= 0) {
        printf("null}");
        return;
    }
    for (size_t i = 0; i < COUNTERS_ROWS; i++) {
        if (!counters_rows[i].is_sum)
            continue;
        printf("%s\"%s\": %.6g", *before == '\0' ? "{" : before,
               counters_rows[i].name, top_rate(process, i));
        before = ", ";
    }
    printf("}}");
}

void
top_print_json(const struct top *top)
{
    struct timespec time;

    clock_gettime(CLOCK_REALTIME, &time);
    printf("{\"time\": %lld.%03ld, \"unreadable\": %zu, \"processes\": [",
           (long long)time.tv_sec, time.tv_nsec / 1000000, top->forbidden);
    for (size_t i = 0; i < top->count; i++) {
        if (i > 0)
            printf(", ");
        print_json_process(&top->processes[i]);
    }
    printf("]}\n");
    fflush(stdout);
}
