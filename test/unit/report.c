/* SPDX-License-Identifier: MIT */
#include "front/report.h"

#include "control/options.h"
#include "control/stats.h"
#include "files.h"
#include "lazyzero/lazyzero.h"
#include "os/os.h"

WRAPPED(const char *, lz_os_program_name, void);
WRAPPED(int, lz_os_process_id, void);

static const char *program = "a program";

const char *
__wrap_lz_os_program_name(void)
{
    return program;
}

int
__wrap_lz_os_process_id(void)
{
    return 77;
}

/*
 * Each number is different, so that none can be printed in another's place
 * unnoticed.
 */
static void
begin(void)
{
    files_begin();
    memset(&lz_stats, 0, sizeof(lz_stats));
    LZ_STAT_REQUEST(requests_calloc, LZ_MIB);
    LZ_STAT_REQUEST(requests_calloc, LZ_MIB + 1);
    LZ_STAT_REQUEST(requests_calloc, 4 * LZ_MIB);
    LZ_STAT_ADD(regions_allocated, 1001);
    LZ_STAT_ADD(bytes_allocated, UINT64_MAX);
    LZ_STAT_ADD(bytes_reused, 7 * lz_os_page_size() + 1);
    lz_stats_change(&lz_stats.live_bytes, 5000);
    lz_stats_change(&lz_stats.live_bytes, -2000);
}

TestSuite(report, .init = begin, .fini = files_end);

Test(report, snapshot)
{
    struct lazyzero_stats stats;

    memset(&stats, 0xa5, sizeof(stats));
    lz_report_take(&stats);
    cr_expect_eq(stats.requests_calloc, 3);
    cr_expect_eq(stats.requests_malloc, 0);
    cr_expect_eq(stats.regions_allocated, 1001);
    cr_expect_eq(stats.bytes_allocated, UINT64_MAX);
    cr_expect_eq(stats.faults_avoided, 7);
    cr_expect_eq(stats.live_bytes, 3000);
    cr_expect_eq(stats.live_bytes_peak, 5000);
    /* Not its own. */
    cr_expect(all_bytes_are(&stats.reserved, sizeof(stats.reserved), 0xa5));
}

static const char *
reported(const char *output)
{
    strcpy(lz_options.stats, output);
    capture_stderr();
    lz_report_at_exit();
    return captured_stderr();
}

Test(report, off)
{
    cr_expect_str_empty(reported(""));
}

/* "  name   N unit  description", the columns in line. */
static void
expect_row(const char *text, const char *name, const char *rest)
{
    char row[128];
    int digits = (int)strcspn(rest, " ");

    snprintf(row, sizeof(row), "\n  %-20s%*s%s", name,
             digits < 16 ? 16 - digits : 0, "", rest);
    cr_expect_not_null(strstr(text, row), "no '%s' in %s", row, text);
}

Test(report, table)
{
    const char *text = reported("1");
    int lines = 0;

    cr_expect(strncmp(text,
                      "liblazyzero: statistics of a program, process 77, "
                      "oracle ",
                      57) == 0);
    expect_row(text, "requests_calloc", "3 calls    large requests by calloc");
    expect_row(text, "bytes_allocated", "18446744073709551615 bytes bytes ");
    expect_row(text, "live_bytes_peak", "5000 bytes    peak of the above\n");
    for (; *text != '\0'; text++)
        lines += *text == '\n';
    cr_expect_eq(lines, 1 +
                            (int)(offsetof(struct lazyzero_stats, reserved) /
                                  sizeof(uint64_t)) -
                            2);
}

Test(report, json)
{
    const char *text;

    program = "say \"\\\"\n";
    cr_expect_str_empty(reported("r.%p.json"));
    text = files_read("r.77.json");
    cr_expect(text[0] == '{' && strcmp(text + strlen(text) - 3, "\n}\n") == 0);
    cr_expect_not_null(strstr(text, "  \"program\": \"say \\\"\\\\\\\"?\",\n"));
    cr_expect_not_null(strstr(text, "  \"pid\": 77,\n"));
    cr_expect_not_null(strstr(text, "  \"requests_calloc\": 3,\n"));
    cr_expect_not_null(
        strstr(text, "  \"bytes_allocated\": 18446744073709551615,\n"));
    cr_expect_not_null(
        strstr(text, "\"requests_calloc\": {\"1048576\": 2, \"4194304\": 1}"));
    cr_expect_not_null(strstr(text, "\"requests_malloc\": {}"));
}

Test(report, json_replaces_what_was_there)
{
    reported("r.json");
    LZ_STAT_ADD(regions_allocated, 1);
    reported("r.json");
    cr_expect_not_null(
        strstr(files_read("r.json"), "\"regions_allocated\": 1002,"));
    cr_expect_null(strstr(files_read("r.json"), "1001"));
}

Test(report, a_file_that_cannot_be_had, NEEDS_LINUX_GLIBC)
{
    const char *text = reported("/no/where.json");

    cr_expect_eq(strstr(text, "liblazyzero: LAZYZERO_STATS="), text);
    cr_expect_not_null(strstr(
        text, "/no/where.json: cannot be written (No such file or directory); "
              "the statistics follow here\nliblazyzero: statistics of a "
              "program,"));
    cr_expect_not_null(strstr(text, "\n  regions_allocated "));
}
