/* SPDX-License-Identifier: MIT */
#include "control/options.h"

#include "support.h"

#define EXPECTED_SIZE                                                      \
    "expected a number of bytes such as 65536, 64K, 10M or 1G; using the " \
    "default\n"

/* Different from the default, so that "changes nothing" shows. */
#define OTHER_THRESHOLD ((size_t)77777)

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Reads "NAME=text"; what lz_options_read said. */
static const char *
read_setting(const char *name, const char *text)
{
    char setting[2048];
    char *environment[] = {setting, NULL};

    snprintf(setting, sizeof(setting), "%s%s", name, text);
    capture_stderr();
    lz_options_read(environment);
    return captured_stderr();
}

static void
expect_threshold(const char *text, size_t value)
{
    lz_options.threshold = OTHER_THRESHOLD;
    cr_expect_str_empty(read_setting("LAZYZERO_THRESHOLD=", text));
    cr_expect_eq(lz_options.threshold, value, "%s gave %zu", text,
                 lz_options.threshold);
}

static void
expect_bad_threshold(const char *text)
{
    char line[512];

    lz_options.threshold = OTHER_THRESHOLD;
    snprintf(line, sizeof(line),
             "liblazyzero: LAZYZERO_THRESHOLD=%s: " EXPECTED_SIZE, text);
    cr_expect_str_eq(read_setting("LAZYZERO_THRESHOLD=", text), line);
    cr_expect_eq(lz_options.threshold, OTHER_THRESHOLD, "'%s' was taken", text);
}

static void
expect_clamped(const char *text, size_t value)
{
    char line[512];

    lz_options.threshold = OTHER_THRESHOLD;
    snprintf(line, sizeof(line),
             "liblazyzero: LAZYZERO_THRESHOLD=%s: out of range; using %zu, "
             "the %s\n",
             text, value, value == 32 * LZ_KIB ? "least" : "most");
    cr_expect_str_eq(read_setting("LAZYZERO_THRESHOLD=", text), line);
    cr_expect_eq(lz_options.threshold, value);
}

static void
expect_flag(const char *text, bool value)
{
    lz_options.verbose = !value;
    cr_expect_str_empty(read_setting("LAZYZERO_VERBOSE=", text));
    cr_expect_eq(lz_options.verbose, value, "'%s'", text);
}

static void
expect_bad_flag(const char *text, bool before)
{
    char line[512];

    lz_options.verbose = before;
    snprintf(line, sizeof(line),
             "liblazyzero: LAZYZERO_VERBOSE=%s: expected 0 or 1; using the "
             "default\n",
             text);
    cr_expect_str_eq(read_setting("LAZYZERO_VERBOSE=", text), line);
    cr_expect_eq(lz_options.verbose, before, "'%s' was taken", text);
}

static void
expect_unknown(const char *setting)
{
    struct lz_options before = lz_options;
    char line[512];

    snprintf(line, sizeof(line),
             "liblazyzero: %s: no such option; ignored (see man liblazyzero)\n",
             setting);
    cr_expect_str_eq(read_setting(setting, ""), line);
    cr_expect_eq(memcmp(&before, &lz_options, sizeof(before)), 0);
}

static void
expect_not_ours(const char *setting)
{
    struct lz_options before = lz_options;

    cr_expect_str_empty(read_setting(setting, ""), "%s", setting);
    cr_expect_eq(memcmp(&before, &lz_options, sizeof(before)), 0);
}

Test(options, defaults_hold_before_reading)
{
#define EQUAL_size(a, b) ((a) == (b))
#define EQUAL_retain(a, b) ((a) == (b))
#define EQUAL_number(a, b) ((a) == (b))
#define EQUAL_flag(a, b) ((a) == (b))
#define EQUAL_oracle(a, b) ((a) == (b))
#define EQUAL_hugepages(a, b) ((a) == (b))
#define EQUAL_prefault(a, b) ((a) == (b))
#define EQUAL_numa(a, b) ((a) == (b))
#define EQUAL_background(a, b) ((a) == (b))
#define EQUAL_output(a, b) (strcmp(a, b) == 0)
#define EQUAL_file(a, b) EQUAL_output(a, b)
#define LZ_OPTION(kind, name, fallback, min, max, help) \
    cr_expect(EQUAL_##kind(lz_options.name, fallback), #name);
#include "control/options.def"
#undef LZ_OPTION
}

Test(options, sizes_in_bytes)
{
    expect_threshold("65536", 65536);
    expect_threshold("65537", 65537);
    expect_threshold("0000000000000000000000000065536", 65536);
}

Test(options, sizes_with_a_unit_in_every_spelling)
{
    static const char *const spellings[] = {"64K",   "64k",  "64KB",  "64kB",
                                            "64Kb",  "64kb", "64KiB", "64kiB",
                                            "64KIB", "64kib"};

    for (size_t i = 0; i < COUNT(spellings); i++)
        expect_threshold(spellings[i], 64 * LZ_KIB);
}

Test(options, every_unit)
{
    expect_threshold("10M", 10 * LZ_MIB);
    expect_threshold("10m", 10 * LZ_MIB);
    expect_threshold("10MiB", 10 * LZ_MIB);
    expect_threshold("1G", LZ_KIB * LZ_MIB);
    expect_threshold("1gb", LZ_KIB * LZ_MIB);
#if SIZE_MAX > 0xffffffffu
    expect_threshold("2T", 2 * LZ_MIB * LZ_MIB);
    expect_threshold("2tIb", 2 * LZ_MIB * LZ_MIB);
#endif
}

Test(options, sizes_that_are_none)
{
    static const char *const bad[] = {
        "",   "-1",  "+1",   "-",    " 1M", "1M ",    "1 M",
        "M",  "KiB", "1X",   "1P",   "1KK", "1KiBs",  "1Ki",
        "1B", "1iB", "1.5M", "0x10", "1e6", "1M1",    "1,000",
        "on", "1M=", "=1M",  "1K B", "1BK", "65536\n"};

    for (size_t i = 0; i < COUNT(bad); i++)
        expect_bad_threshold(bad[i]);
}

Test(options, sizes_that_overflow)
{
    static const char *const sizes[] = {
        "18446744073709551616",  "18446744073709551620",
        "184467440737095516150", "99999999999999999999999999999999999999",
        "18014398509481984K",    "17592186044416M",
        "17179869184G",          "16777216T"};

    for (size_t i = 0; i < COUNT(sizes); i++)
        expect_clamped(sizes[i], LZ_SIZE_LIMIT);
}

Test(options, limits_themselves_are_in_range)
{
    char text[32];

    expect_threshold("32768", 32 * LZ_KIB);
    expect_threshold("32K", 32 * LZ_KIB);
    snprintf(text, sizeof(text), "%zu", LZ_SIZE_LIMIT);
    expect_threshold(text, LZ_SIZE_LIMIT);
}

Test(options, out_of_range_is_clamped_and_said)
{
    char text[32];

    expect_clamped("0", 32 * LZ_KIB);
    expect_clamped("1", 32 * LZ_KIB);
    expect_clamped("32767", 32 * LZ_KIB);
    expect_clamped("31K", 32 * LZ_KIB);
    snprintf(text, sizeof(text), "%zu", LZ_SIZE_LIMIT + 1);
    expect_clamped(text, LZ_SIZE_LIMIT);
    snprintf(text, sizeof(text), "%zu", SIZE_MAX);
    expect_clamped(text, LZ_SIZE_LIMIT);
}

Test(options, flags_in_every_spelling)
{
    static const char *const on[] = {"1",   "on",  "ON",   "On",   "yes",
                                     "Yes", "YES", "true", "TRUE", "tRuE"};
    static const char *const off[] = {"0",  "off",   "OFF",   "Off",  "no",
                                      "No", "false", "FALSE", "fAlSe"};

    for (size_t i = 0; i < COUNT(on); i++)
        expect_flag(on[i], true);
    for (size_t i = 0; i < COUNT(off); i++)
        expect_flag(off[i], false);
}

Test(options, flags_that_are_none)
{
    static const char *const bad[] = {"",   "2",   "-1",  "01",  "1x",  " 1",
                                      "1 ", "onn", "o",   "ye",  "y",   "n",
                                      "t",  "10",  "1=1", "tru", "1\n", "00"};

    for (size_t i = 0; i < COUNT(bad); i++) {
        expect_bad_flag(bad[i], false);
        expect_bad_flag(bad[i], true);
    }
}

Test(options, each_name_sets_its_own_field)
{
    cr_expect_str_empty(read_setting("LAZYZERO_CHECK=", "1"));
    cr_expect(!lz_options.verbose && lz_options.check &&
              lz_options.stats[0] == '\0');
    cr_expect_str_empty(read_setting("LAZYZERO_STATS=", "1"));
    cr_expect(!lz_options.verbose && lz_options.check &&
              lz_options.stats[0] == '1');
    cr_expect_str_empty(read_setting("LAZYZERO_CHECK=", "0"));
    cr_expect(!lz_options.verbose && !lz_options.check &&
              lz_options.stats[0] == '1');
    cr_expect_str_empty(read_setting("LAZYZERO_VERBOSE=", "1"));
    cr_expect(lz_options.verbose && !lz_options.check &&
              lz_options.stats[0] == '1');
    cr_expect_eq(lz_options.threshold, 2 * LZ_MIB);
}

Test(options, unknown_names_are_said_and_ignored)
{
    expect_unknown("LAZYZERO_SPEED=11");
    expect_unknown("LAZYZERO_threshold=64K");
    expect_unknown("LAZYZERO_THRESHOLDS=64K");
    expect_unknown("LAZYZERO_THRESHOL=64K");
    expect_unknown("LAZYZERO_THRESHOLD");
    expect_unknown("LAZYZERO_=1");
    expect_unknown("LAZYZERO_");
    expect_unknown("LAZYZERO_ THRESHOLD=64K");
}

Test(options, other_variables_are_left_alone)
{
    expect_not_ours("PATH=/bin");
    expect_not_ours("LAZYZERO=1");
    expect_not_ours("LAZYZER_CHECK=1");
    expect_not_ours("lazyzero_CHECK=1");
    expect_not_ours("XLAZYZERO_CHECK=1");
    expect_not_ours(" LAZYZERO_CHECK=1");
    expect_not_ours("");
}

Test(options, no_environment_at_all)
{
    char *empty[] = {NULL};

    lz_options_read(NULL);
    lz_options_read(empty);
    cr_expect_eq(lz_options.threshold, 2 * LZ_MIB);
}

Test(options, several_settings_good_and_bad)
{
    static char home[] = "HOME=/", check[] = "LAZYZERO_CHECK=yes",
                bad[] = "LAZYZERO_MEMSET=maybe", odd[] = "LAZYZERO_FOO=1",
                threshold[] = "LAZYZERO_THRESHOLD=4M";
    char *environment[] = {home, check, bad, odd, threshold, NULL};

    capture_stderr();
    lz_options_read(environment);
    cr_expect_str_eq(captured_stderr(),
                     "liblazyzero: LAZYZERO_MEMSET=maybe: expected 0 or 1; "
                     "using the default\n"
                     "liblazyzero: LAZYZERO_FOO=1: no such option; ignored "
                     "(see man liblazyzero)\n");
    cr_expect(lz_options.check && lz_options.stats[0] == '\0' &&
              !lz_options.verbose);
    cr_expect_eq(lz_options.threshold, 4 * LZ_MIB);
}

Test(options, of_two_settings_the_last_counts)
{
    static char first[] = "LAZYZERO_THRESHOLD=4M",
                second[] = "LAZYZERO_THRESHOLD=8M";
    char *environment[] = {first, second, NULL};

    lz_options_read(environment);
    cr_expect_eq(lz_options.threshold, 8 * LZ_MIB);
}

Test(options, a_long_value_is_cut_with_its_line)
{
    char text[1500];
    const char *said;

    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    said = read_setting("LAZYZERO_THRESHOLD=", text);
    cr_expect_eq(strlen(said), 512);
    cr_expect_eq(said[511], '\n');
    cr_expect_eq(lz_options.threshold, 2 * LZ_MIB);
}

Test(options, reading_keeps_errno)
{
    static char good[] = "LAZYZERO_CHECK=1", bad[] = "LAZYZERO_STATS=?",
                odd[] = "LAZYZERO_FOO=1", low[] = "LAZYZERO_THRESHOLD=1";
    char *environment[] = {good, bad, odd, low, NULL};

    capture_stderr();
    errno = ERRNO_MARK;
    lz_options_read(environment);
    EXPECT_ERRNO_KEPT();
    cr_expect_neq(strlen(captured_stderr()), 0);
}

/* What one option looks like in the description, its default that is. */
#define SHOWN_flag(value) shown_size((size_t)(value))
#define SHOWN_size(value) shown_size((size_t)(value))
#define SHOWN_retain(value) \
    ((value) == LZ_RETAIN_AUTO ? "auto" : shown_size((size_t)(value)))
#define SHOWN_prefault(value) ((value) == LZ_PREFAULT_OFF ? "off" : "all")
#define SHOWN_numa(value) ((value) == LZ_NUMA_SYSTEM ? "system" : "another")
#define SHOWN_number(value) shown_number((size_t)(value))
#define SHOWN_output(value) ((value)[0] == '\0' ? "0" : (value))
#define SHOWN_file(value) SHOWN_output(value)
#define SHOWN_oracle(value) oracle_words[value]
#define SHOWN_hugepages(value) hugepages_words[value]
#define SHOWN_background(value) background_words[value]

static const char *const oracle_words[] = {LZ_ORACLE_WORDS};
static const char *const hugepages_words[] = {LZ_HUGEPAGES_WORDS};
static const char *const background_words[] = {LZ_BACKGROUND_WORDS};

static const char *
shown_number(size_t value)
{
    static char text[32];

    snprintf(text, sizeof(text), "%zu", value);
    return text;
}

/* The defaults of sizes are whole MiB. */
static const char *
shown_size(size_t value)
{
    static char text[32];

    if (value % LZ_MIB != 0 || value == 0)
        return shown_number(value);
    snprintf(text, sizeof(text), "%zuM", value / LZ_MIB);
    return text;
}

/* The description of the defaults, but for the option `other`: "name=text". */
static const char *
describe_defaults(const char *other)
{
    static char text[1024];
    size_t used = 0, name = strcspn(other, "=");

#define LZ_OPTION(kind, option, fallback, min, max, help)              \
    if (name == strlen(#option) && strncmp(other, #option, name) == 0) \
        used += (size_t)sprintf(text + used, " %s", other);            \
    else                                                               \
        used += (size_t)sprintf(text + used, " %s=%s", #option,        \
                                SHOWN_##kind(fallback));
#include "control/options.def"
#undef LZ_OPTION
    cr_assert_lt(used, sizeof(text));
    return text + 1;
}

Test(options, how_much_to_retain)
{
    read_setting("LAZYZERO_RETAIN=64M", "");
    cr_expect_eq(lz_options.retain, 64 * LZ_MIB);
    read_setting("LAZYZERO_RETAIN=Auto", "");
    cr_expect_eq(lz_options.retain, LZ_RETAIN_AUTO);
    read_setting("LAZYZERO_RETAIN=0", "");
    cr_expect_eq(lz_options.retain, 0);
    read_setting("LAZYZERO_RETAIN=99999999999999999999T", "");
    cr_expect_eq(lz_options.retain, LZ_SIZE_LIMIT);
}

static void
expect_described(const char *setting)
{
    char described[1024];

    lz_options_describe(described, sizeof(described));
    cr_expect_str_eq(described, describe_defaults(setting));
}

static void
expect_threshold_described(size_t threshold, const char *text)
{
    char setting[64];

    lz_options.threshold = threshold;
    snprintf(setting, sizeof(setting), "threshold=%s", text);
    expect_described(setting);
}

Test(options, description_uses_the_largest_whole_unit)
{
    expect_threshold_described(LZ_MIB, "1M");
    expect_threshold_described(10 * LZ_MIB, "10M");
    expect_threshold_described(LZ_MIB + LZ_KIB, "1025K");
    expect_threshold_described(32 * LZ_KIB, "32K");
    expect_threshold_described(65537, "65537");
    expect_threshold_described(1023, "1023");
    expect_threshold_described(0, "0");
    expect_threshold_described(3 * LZ_KIB * LZ_MIB, "3G");
#if SIZE_MAX > 0xffffffffu
    expect_threshold_described(LZ_MIB * LZ_MIB, "1T");
    expect_threshold_described(2048 * LZ_MIB * LZ_MIB, "2048T");
    expect_threshold_described(LZ_SIZE_LIMIT, "9223372036854775807");
#endif
}

Test(options, description_of_the_defaults)
{
    expect_described("");
}

Test(options, description_shows_what_is_in_force)
{
    strcpy(lz_options.stats, "1");
    expect_described("stats=1");
    lz_options.stats[0] = '\0';
    lz_options.decay_ms = 1001;
    expect_described("decay_ms=1001");
}

Test(options, description_is_cut_to_fit)
{
    const char *whole = describe_defaults("");
    size_t length = strlen(whole);
    char text[1024];

    for (size_t size = 1; size < length + 3; size++) {
        size_t fits = size <= length ? size - 1 : length;

        memset(text, 'x', sizeof(text));
        lz_options_describe(text, size);
        cr_expect_eq(strlen(text), fits);
        cr_expect_eq(strncmp(text, whole, fits), 0);
        cr_expect_eq(text[size], 'x', "wrote beyond %zu bytes", size);
    }
}

Test(options, what_is_described_can_be_read_back)
{
    char text[1024], value[64];

    lz_options.threshold = 48 * LZ_MIB;
    lz_options_describe(text, sizeof(text));
    cr_assert_eq(sscanf(text, "threshold=%63s", value), 1);
    expect_threshold(value, 48 * LZ_MIB);
}

/* Words are read in any case and shown as they are spelled in the list. */
static void
expect_word(const char *name, const char *word, const size_t *field,
            size_t value)
{
    char setting[64], variable[64] = "LAZYZERO_";

    for (size_t i = 0; name[i] != '\0'; i++)
        variable[9 + i] = (char)(name[i] - 'a' + 'A');
    strcat(variable, "=");
    cr_expect_str_empty(read_setting(variable, word));
    cr_expect_eq(*field, value, "%s%s", variable, word);
    snprintf(setting, sizeof(setting), "%s=%s", name, word);
    expect_described(setting);
}

Test(options, every_word_of_the_oracle)
{
    for (size_t i = 0; i < COUNT(oracle_words); i++)
        expect_word("oracle", oracle_words[i], &lz_options.oracle, i);
    cr_expect_eq(COUNT(oracle_words), LZ_ORACLE_MEMSET + 1);
    cr_expect_str_empty(read_setting("LAZYZERO_ORACLE=", "PageMap"));
    cr_expect_eq(lz_options.oracle, LZ_ORACLE_PAGEMAP);
}

Test(options, every_word_of_the_huge_pages)
{
    for (size_t i = 0; i < COUNT(hugepages_words); i++)
        expect_word("hugepages", hugepages_words[i], &lz_options.hugepages, i);
    cr_expect_eq(COUNT(hugepages_words), LZ_HUGEPAGES_HUGETLB_1G + 1);
}

Test(options, what_to_prefault)
{
    read_setting("LAZYZERO_PREFAULT=64M", "");
    cr_expect_eq(lz_options.prefault, 64 * LZ_MIB);
    expect_described("prefault=64M");
    read_setting("LAZYZERO_PREFAULT=All", "");
    cr_expect_eq(lz_options.prefault, LZ_PREFAULT_ALL);
    expect_described("prefault=all");
    read_setting("LAZYZERO_PREFAULT=99999999999999999999T", "");
    cr_expect_eq(lz_options.prefault, LZ_SIZE_LIMIT);
    read_setting("LAZYZERO_PREFAULT=0", "");
    cr_expect_eq(lz_options.prefault, LZ_PREFAULT_OFF);
    read_setting("LAZYZERO_PREFAULT=all", "");
    read_setting("LAZYZERO_PREFAULT=off", "");
    cr_expect_eq(lz_options.prefault, LZ_PREFAULT_OFF);
}

static void
expect_numa(const char *text, enum lz_numa mode, size_t nodes,
            const char *shown)
{
    char setting[64];

    lz_options.numa = SIZE_MAX;
    cr_expect_str_empty(read_setting("LAZYZERO_NUMA=", text));
    cr_expect_eq(lz_numa_mode(lz_options.numa), mode, "%s", text);
    cr_expect_eq(lz_numa_nodes(lz_options.numa), nodes, "%s", text);
    snprintf(setting, sizeof(setting), "numa=%s", shown);
    expect_described(setting);
}

Test(options, nodes)
{
    expect_numa("system", LZ_NUMA_SYSTEM, 0, "system");
    expect_numa("Local", LZ_NUMA_LOCAL, 0, "local");
    expect_numa("interleave", LZ_NUMA_INTERLEAVE, 0, "interleave");
    expect_numa("bind:0", LZ_NUMA_BIND, 1, "bind:0");
    expect_numa("BIND:3,1", LZ_NUMA_BIND, 10, "bind:1,3");
    expect_numa("bind:1,1,029", LZ_NUMA_BIND, 2 | 1 << 29, "bind:1,29");
}

Test(options, every_word_of_the_background)
{
    for (size_t i = 0; i < COUNT(background_words); i++)
        expect_word("background", background_words[i], &lz_options.background,
                    i);
    cr_expect_eq(COUNT(background_words), LZ_BACKGROUND_AUTO + 1);
    cr_expect_str_empty(read_setting("LAZYZERO_BACKGROUND=", "on"));
    cr_expect_eq(lz_options.background, LZ_BACKGROUND_ON);
}

Test(options, a_word_in_capitals)
{
    cr_expect_str_empty(read_setting("LAZYZERO_HUGEPAGES=", "NEVER"));
    cr_expect_eq(lz_options.hugepages, LZ_HUGEPAGES_NEVER);
}

/* `expects` as in the message; the field keeps what it had. */
static void
expect_bad(const char *setting, const char *expects)
{
    struct lz_options before = lz_options;
    char line[512];

    snprintf(line, sizeof(line),
             "liblazyzero: %s: expected %s; using the default\n", setting,
             expects);
    cr_expect_str_eq(read_setting(setting, ""), line);
    cr_expect_eq(memcmp(&before, &lz_options, sizeof(before)), 0);
}

Test(options, words_that_are_none)
{
    static const char oracle[] = "auto, scan, pagemap, discard or memset";
    static const char huge[] =
        "auto, always, never, system, hugetlb, hugetlb:2M or hugetlb:1G";
    static const char numa[] =
        "local, interleave, system, or bind: and numbers of nodes such as 0,1";
    static const char prefault[] =
        "all, off, or a number of bytes such as 64M or 1G";

    lz_options.oracle = LZ_ORACLE_DISCARD;
    lz_options.hugepages = LZ_HUGEPAGES_NEVER;
    expect_bad("LAZYZERO_ORACLE=", oracle);
    expect_bad("LAZYZERO_ORACLE=scans", oracle);
    expect_bad("LAZYZERO_ORACLE=sca", oracle);
    expect_bad("LAZYZERO_ORACLE=1", oracle);
    expect_bad("LAZYZERO_ORACLE=never", oracle);
    expect_bad("LAZYZERO_HUGEPAGES=1", huge);
    expect_bad("LAZYZERO_HUGEPAGES=scan", huge);
    expect_bad("LAZYZERO_HUGEPAGES=", huge);
    expect_bad("LAZYZERO_HUGEPAGES=hugetlb:", huge);
    expect_bad("LAZYZERO_HUGEPAGES=hugetlb:4M", huge);
    expect_bad("LAZYZERO_NUMA=", numa);
    expect_bad("LAZYZERO_NUMA=loc", numa);
    expect_bad("LAZYZERO_NUMA=locals", numa);
    expect_bad("LAZYZERO_NUMA=bind", numa);
    expect_bad("LAZYZERO_NUMA=bind:", numa);
    expect_bad("LAZYZERO_NUMA=bind:,1", numa);
    expect_bad("LAZYZERO_NUMA=bind:1,", numa);
    expect_bad("LAZYZERO_NUMA=bind:1-2", numa);
    expect_bad("LAZYZERO_NUMA=bind:62", numa);
    expect_bad("LAZYZERO_NUMA=bind:18446744073709551617", numa);
    expect_bad("LAZYZERO_PREFAULT=", prefault);
    expect_bad("LAZYZERO_PREFAULT=al", prefault);
    expect_bad("LAZYZERO_PREFAULT=1X", prefault);
}

Test(options, numbers)
{
    cr_expect_str_empty(read_setting("LAZYZERO_DECAY_MS=", "0"));
    cr_expect_eq(lz_options.decay_ms, 0);
    cr_expect_str_empty(read_setting("LAZYZERO_DECAY_MS=", "3600000"));
    cr_expect_eq(lz_options.decay_ms, 3600000);
    expect_bad("LAZYZERO_DECAY_MS=1K", "a whole number");
    expect_bad("LAZYZERO_DECAY_MS=-1", "a whole number");
    expect_bad("LAZYZERO_DECAY_MS=", "a whole number");
    expect_bad("LAZYZERO_DECAY_MS=1s", "a whole number");
    cr_expect_str_eq(read_setting("LAZYZERO_DECAY_MS=", "3600001"),
                     "liblazyzero: LAZYZERO_DECAY_MS=3600001: out of range; "
                     "using 3600000, the most\n");
}

#define OUTPUT_EXPECTED \
    "0, 1 or the name of a file, with a dot or a slash in it"

static void
expect_output(const char *text, const char *value)
{
    cr_expect_str_empty(read_setting("LAZYZERO_TRACE=", text));
    cr_expect_str_eq(lz_options.trace, value);
}

Test(options, outputs)
{
    char here[512], name[1024];

    cr_assert_not_null(getcwd(here, sizeof(here)));
    expect_output("1", "1");
    expect_output("On", "1");
    expect_output("/a/b%p", "/a/b%p");
    expect_described("trace=/a/b%p");
    expect_output("off", "");
    expect_output("0", "");
    snprintf(name, sizeof(name), "%s/a.csv", here);
    expect_output("a.csv", name);
    snprintf(name, sizeof(name), "%s/./a", here);
    expect_output("./a", name);
    expect_bad("LAZYZERO_TRACE=", OUTPUT_EXPECTED);
    cr_expect_str_eq(lz_options.trace, name);
}

Test(options, files)
{
    char here[512], name[1024];

    cr_assert_not_null(getcwd(here, sizeof(here)));
    snprintf(name, sizeof(name), "%s/xz", here);
    cr_expect_str_empty(read_setting("LAZYZERO_PROFILE=", "xz"));
    cr_expect_str_eq(lz_options.profile, name);
    cr_expect_str_empty(read_setting("LAZYZERO_LEARN=", "/a/%p"));
    cr_expect_str_eq(lz_options.learn, "/a/%p");
    expect_bad("LAZYZERO_PROFILE=", "the name of a file, or 0");
    cr_expect_str_eq(lz_options.profile, name);
    cr_expect_str_empty(read_setting("LAZYZERO_PROFILE=", "0"));
    cr_expect_str_empty(lz_options.profile);
}

Test(options, a_word_is_no_output)
{
    expect_bad("LAZYZERO_STATS=ture", OUTPUT_EXPECTED);
    expect_bad("LAZYZERO_STATS=2", OUTPUT_EXPECTED);
    expect_bad("LAZYZERO_TRACE=trace%p", OUTPUT_EXPECTED);
    cr_expect_str_empty(lz_options.stats);
    cr_expect_str_empty(lz_options.trace);
}

Test(options, an_output_of_a_name_too_long)
{
    char text[LZ_OUTPUT_NAME_SIZE + 1];

    memset(text, 'x', sizeof(text));
    text[0] = '/';
    text[LZ_OUTPUT_NAME_SIZE - 1] = '\0';
    expect_output(text, text);
    /* No room for the folder as well: the name stays as it is. */
    text[0] = '.';
    expect_output(text, text);
    text[LZ_OUTPUT_NAME_SIZE - 1] = 'x';
    text[LZ_OUTPUT_NAME_SIZE] = '\0';
    lz_options.trace[0] = '\0';
    cr_expect_not_null(
        strstr(read_setting("LAZYZERO_TRACE=", text), "liblazyzero: "));
    cr_expect_str_empty(lz_options.trace);
}
