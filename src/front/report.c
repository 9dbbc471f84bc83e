/* SPDX-License-Identifier: MIT */
#include "front/report.h"

#include "base/version.h"

#include "base/text.h"
#include "control/options.h"
#include "control/output.h"
#include "control/stats.h"
#include "front/report_prom.h"
#include "large/zero.h"
#include "lazyzero/lazyzero.h"
#include "os/os.h"

/* One number of the report and where it stands in the snapshot. */
struct row {
    const char *name, *unit, *description;
    size_t offset;
};

#define ROW(name, unit, description) \
    {#name, unit, description, offsetof(struct lazyzero_stats, name)},
#define ROW_requests(name, unit, description) ROW(name, unit, description)
#define ROW_counter(name, unit, description) ROW(name, unit, description)
#define ROW_derived(name, unit, description) ROW(name, unit, description)
#define ROW_gauge(name, unit, description) \
    ROW(name, unit, description) ROW(name##_peak, unit, "peak of the above")

static const struct row rows[] = {
#define LZ_STAT(kind, name, unit, description) \
    ROW_##kind(name, unit, description)
#include "control/stats.def"
#undef LZ_STAT
};

#define ROW_COUNT (sizeof(rows) / sizeof(rows[0]))

/* The list has each field of the public struct, and nothing else. */
_Static_assert(offsetof(struct lazyzero_stats, reserved) ==
                   (2 + ROW_COUNT) * sizeof(uint64_t),
               "lazyzero.h and stats.def differ");

/* The histograms by size, for JSON. */
static const struct {
    const char *name;
    size_t offset; /* of its counts in struct lz_stat_counts */
} histograms[] = {
#define HISTOGRAM_requests(name) {#name, offsetof(struct lz_stat_counts, name)},
#define HISTOGRAM_counter(name)
#define HISTOGRAM_derived(name)
#define HISTOGRAM_gauge(name)
#define LZ_STAT(kind, name, unit, description) HISTOGRAM_##kind(name)
#include "control/stats.def"
#undef LZ_STAT
};

#define HISTOGRAM_COUNT (sizeof(histograms) / sizeof(histograms[0]))

static uint64_t
load(const uint64_t *number)
{
    return __atomic_load_n(number, __ATOMIC_RELAXED);
}

static uint64_t
sum(const uint64_t *counts)
{
    uint64_t total = 0;

    for (size_t i = 0; i < LZ_STAT_SIZES; i++)
        total += load(&counts[i]);
    return total;
}

static uint64_t
derive_faults_avoided(const struct lazyzero_stats *stats)
{
    return stats->bytes_reused / lz_os_page_size();
}

#define TAKE_requests(name) stats->name = sum(lz_stats.name);
#define TAKE_counter(name) stats->name = load(&lz_stats.name);
#define TAKE_derived(name) stats->name = derive_##name(stats);
#define TAKE_gauge(name)                    \
    stats->name = load(&lz_stats.name.now); \
    stats->name##_peak = load(&lz_stats.name.peak);

void
lz_report_take(struct lazyzero_stats *stats)
{
#define LZ_STAT(kind, name, unit, description) TAKE_##kind(name)
#include "control/stats.def"
#undef LZ_STAT
}

const char *
lz_report_oracle(void)
{
    static const char *const words[] = {LZ_ORACLE_WORDS};

    return words[lz_zero_oracle()];
}

static uint64_t
number_of(const struct lazyzero_stats *stats, const struct row *row)
{
    return *(const uint64_t *)(const void *)((const char *)stats + row->offset);
}

static void
put_row(struct lz_text *text, const struct row *row, uint64_t number)
{
    size_t start = text->used;

    lz_text_string(text, "  ");
    lz_text_string(text, row->name);
    lz_text_fill(text, start, 22);
    lz_text_column(text, number, 16);
    lz_text_char(text, ' ');
    lz_text_string(text, row->unit);
    lz_text_char(text, ' ');
    lz_text_fill(text, start, 48);
    lz_text_string(text, row->description);
    lz_text_char(text, '\n');
}

static void
put_table(struct lz_text *text, const struct lazyzero_stats *stats)
{
    lz_text_string(text, "liblazyzero: statistics of ");
    lz_text_string(text, lz_os_program_name());
    lz_text_string(text, ", process ");
    lz_text_number(text, (uintmax_t)lz_os_process_id(), 10);
    lz_text_string(text, ", oracle ");
    lz_text_string(text, lz_report_oracle());
    lz_text_string(text, "\n");
    for (size_t i = 0; i < ROW_COUNT; i++)
        put_row(text, &rows[i], number_of(stats, &rows[i]));
}

/* The start of `"name": `, on a line of its own. */
static void
put_key(struct lz_text *text, const char *name)
{
    lz_text_string(text, "  \"");
    lz_text_string(text, name);
    lz_text_string(text, "\": ");
}

static void
put_quoted(struct lz_text *text, const char *name, const char *value)
{
    put_key(text, name);
    lz_text_char(text, '"');
    for (; *value != '\0'; value++) {
        if ((unsigned char)*value < ' ') {
            lz_text_char(text, '?');
            continue;
        }
        if (*value == '"' || *value == '\\')
            lz_text_char(text, '\\');
        lz_text_char(text, *value);
    }
    lz_text_string(text, "\",\n");
}

static void
put_member(struct lz_text *text, const char *name, uint64_t number)
{
    put_key(text, name);
    lz_text_number(text, number, 10);
    lz_text_string(text, ",\n");
}

/* {"1048576": 3, "4194304": 1}: by the least size of the class. */
static void
put_histogram(struct lz_text *text, const uint64_t *counts)
{
    const char *before = "";

    lz_text_char(text, '{');
    for (size_t i = 0; i < LZ_STAT_SIZES; i++) {
        uint64_t count = load(&counts[i]);

        if (count == 0)
            continue;
        lz_text_string(text, before);
        lz_text_char(text, '"');
        lz_text_number(text, (uintmax_t)1 << i, 10);
        lz_text_string(text, "\": ");
        lz_text_number(text, count, 10);
        before = ", ";
    }
    lz_text_char(text, '}');
}

static const uint64_t *
counts_at(size_t offset)
{
    return (const void *)((const char *)&lz_stats + offset);
}

static void
put_histograms(struct lz_text *text)
{
    put_key(text, "by_size");
    lz_text_char(text, '{');
    for (size_t i = 0; i < HISTOGRAM_COUNT; i++) {
        lz_text_string(text, i == 0 ? "\n  " : ",\n  ");
        put_key(text, histograms[i].name);
        put_histogram(text, counts_at(histograms[i].offset));
    }
    lz_text_string(text, "\n  }\n");
}

static void
put_json(struct lz_text *text, const struct lazyzero_stats *stats)
{
    lz_text_string(text, "{\n");
    put_member(text, "format", LAZYZERO_STATS_VERSION);
    put_quoted(text, "version", LZ_VERSION);
    put_quoted(text, "program", lz_os_program_name());
    put_member(text, "pid", (uint64_t)lz_os_process_id());
    put_member(text, "page_size", lz_os_page_size());
    put_member(text, "threshold", lz_options.threshold);
    put_quoted(text, "oracle", lz_report_oracle());
    for (size_t i = 0; i < ROW_COUNT; i++)
        put_member(text, rows[i].name, number_of(stats, &rows[i]));
    put_histograms(text);
    lz_text_string(text, "}\n");
}

/* For what collects metrics: nobody ever reads half a file. */
static int
write_metrics(struct lz_text *text, const struct lazyzero_stats *stats)
{
    lz_report_prom_put(text, stats);
    return lz_output_replace(lz_options.stats, text->start, text->used);
}

static int
write_json(struct lz_text *text, const struct lazyzero_stats *stats)
{
    struct lz_os_file file;
    int error = lz_output_open(&file, lz_options.stats, true);

    if (error != 0)
        return error;
    put_json(text, stats);
    error = lz_os_file_write(&file, text->start, text->used);
    lz_os_file_close(&file);
    return error;
}

void
lz_report_at_exit(void)
{
    /*
     * Static, as it is too much for the small stack of a thread that may call
     * exit.
     */
    static char buffer[32 * LZ_KIB];
    struct lz_text text = lz_text_in(buffer, sizeof(buffer));
    struct lazyzero_stats stats;
    int error;

    if (lz_options.stats[0] == '\0')
        return;
    lz_report_take(&stats);
    if (!lz_output_is_stderr(lz_options.stats)) {
        error = lz_report_prom_is_wanted() ? write_metrics(&text, &stats)
                                           : write_json(&text, &stats);
        if (error == 0)
            return;
        lz_output_complain("LAZYZERO_STATS", lz_options.stats, error,
                           "the statistics follow here");
        text = lz_text_in(buffer, sizeof(buffer));
    }
    put_table(&text, &stats);
    lz_os_write_error(buffer, text.used);
}
