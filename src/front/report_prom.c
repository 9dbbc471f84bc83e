/* SPDX-License-Identifier: MIT */
#include "front/report_prom.h"

#include <string.h>

#include "base/version.h"
#include "control/options.h"
#include "lazyzero/lazyzero.h"
#include "os/os.h"

#define ENDING ".prom"

bool
lz_report_prom_is_wanted(void)
{
    size_t length = strlen(lz_options.stats), ending = sizeof(ENDING) - 1;

    return length > ending &&
           strcmp(lz_options.stats + length - ending, ENDING) == 0;
}

/* In a label, a backslash, a quote and a new line are escaped. */
static void
put_value(struct lz_text *text, const char *value)
{
    for (; *value != '\0'; value++) {
        if (*value == '"' || *value == '\\' || *value == '\n')
            lz_text_char(text, '\\');
        lz_text_char(text, *value == '\n' ? 'n' : *value);
    }
}

static void
put_labels(struct lz_text *text)
{
    lz_text_string(text, "{program=\"");
    put_value(text, lz_os_program_name());
    lz_text_string(text, "\",pid=\"");
    lz_text_number(text, (uintmax_t)lz_os_process_id(), 10);
    lz_text_char(text, '"');
}

static void
put_comment(struct lz_text *text, const char *word, const char *name,
            const char *ending, const char *what)
{
    lz_text_string(text, word);
    lz_text_string(text, name);
    lz_text_string(text, ending);
    lz_text_char(text, ' ');
    lz_text_string(text, what);
    lz_text_char(text, '\n');
}

static void
put_metric(struct lz_text *text, const char *name, const char *type,
           const char *description, uint64_t value)
{
    const char *ending = type[0] == 'c' ? "_total" : "";

    put_comment(text, "# HELP lazyzero_", name, ending, description);
    put_comment(text, "# TYPE lazyzero_", name, ending, type);
    lz_text_string(text, "lazyzero_");
    lz_text_string(text, name);
    lz_text_string(text, ending);
    put_labels(text);
    lz_text_string(text, "} ");
    lz_text_number(text, value, 10);
    lz_text_char(text, '\n');
}

static void
put_version(struct lz_text *text)
{
    put_comment(text, "# HELP lazyzero_", "info", "", "the library's version");
    put_comment(text, "# TYPE lazyzero_", "info", "", "gauge");
    lz_text_string(text, "lazyzero_info");
    put_labels(text);
    lz_text_string(text, ",version=\"" LZ_VERSION "\"} 1\n");
}

#define PUT_counter(name, description) \
    put_metric(text, #name, "counter", description, stats->name);
#define PUT_requests(name, description) PUT_counter(name, description)
#define PUT_derived(name, description) PUT_counter(name, description)
#define PUT_gauge(name, description)                            \
    put_metric(text, #name, "gauge", description, stats->name); \
    put_metric(text, #name "_peak", "gauge", "peak of " #name,  \
               stats->name##_peak);

void
lz_report_prom_put(struct lz_text *text, const struct lazyzero_stats *stats)
{
    put_version(text);
#define LZ_STAT(kind, name, unit, description) PUT_##kind(name, description)
#include "control/stats.def"
#undef LZ_STAT
}
