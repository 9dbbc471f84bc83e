/* SPDX-License-Identifier: MIT */
#include "control/options.h"

#include <string.h>

#include "base/text.h"
#include "control/log.h"
#include "control/parse.h"
#include "os/os.h"

#define PREFIX "LAZYZERO_"

struct lz_options lz_options = {
#define LZ_OPTION(kind, name, fallback, min, max, help) .name = fallback,
#include "control/options.def"
#undef LZ_OPTION
};

/* How one kind of value is read, stored and shown. */
struct kind {
    bool (*parse)(const char *text, size_t *value);
    void (*store)(void *field, size_t value);
    size_t (*load)(const void *field);
    const char *expects;
    const char *const
        *words; /* what the values 0, 1, ... are called, or NULL */
};

struct option {
    const char *name;
    const struct kind *kind;
    void *field;
    size_t min, max;
};

static bool
parse_retain(const char *text, size_t *value)
{
    if (lz_parse_same_word(text, "auto")) {
        *value = LZ_RETAIN_AUTO;
        return true;
    }
    if (!lz_parse_size(text, value))
        return false;
    if (*value > LZ_SIZE_LIMIT)
        *value = LZ_SIZE_LIMIT;
    return true;
}

static bool
parse_prefault(const char *text, size_t *value)
{
    bool is_off = lz_parse_one_of(text, (const char *const[]){"off", "0"}, 2);

    if (is_off || lz_parse_same_word(text, "all")) {
        *value = is_off ? LZ_PREFAULT_OFF : LZ_PREFAULT_ALL;
        return true;
    }
    if (!lz_parse_size(text, value))
        return false;
    if (*value > LZ_SIZE_LIMIT)
        *value = LZ_SIZE_LIMIT;
    return true;
}

static bool
parse_number(const char *text, size_t *value)
{
    return lz_parse_digits(&text, value) && *text == '\0';
}

static bool
find_word(const char *text, const char *const *words, size_t *value)
{
    for (*value = 0; words[*value] != NULL; ++*value) {
        if (lz_parse_same_word(text, words[*value]))
            return true;
    }
    return false;
}

static const char *const oracle_words[] = {LZ_ORACLE_WORDS, NULL};
static const char *const hugepages_words[] = {LZ_HUGEPAGES_WORDS, NULL};
static const char *const background_words[] = {LZ_BACKGROUND_WORDS, NULL};

static bool
parse_oracle(const char *text, size_t *value)
{
    return find_word(text, oracle_words, value);
}

static bool
parse_hugepages(const char *text, size_t *value)
{
    return find_word(text, hugepages_words, value);
}

/* A flag's values are those of OFF and ON. */
static bool
parse_background(const char *text, size_t *value)
{
    return lz_parse_flag(text, value) ||
           find_word(text, background_words, value);
}

/*
 * The value is the address of a text, and an empty one is off. A word such as
 * "ture" is a mistyped flag, not the name of a file.
 */
static bool
parse_output(const char *text, size_t *value)
{
    size_t on;

    if (lz_parse_flag(text, &on))
        text = on ? "1" : "";
    else if (strpbrk(text, "./") == NULL || strlen(text) >= LZ_OUTPUT_NAME_SIZE)
        return false;
    *value = (size_t)(uintptr_t)text;
    return true;
}

static bool
parse_file(const char *text, size_t *value)
{
    if (strcmp(text, "0") == 0)
        text = "";
    else if (text[0] == '\0' || strlen(text) >= LZ_OUTPUT_NAME_SIZE)
        return false;
    *value = (size_t)(uintptr_t)text;
    return true;
}

static void
store_flag(void *field, size_t value)
{
    *(lz_option_flag_t *)field = value != 0;
}

static void
store_size(void *field, size_t value)
{
    *(lz_option_size_t *)field = value;
}

/* The name is made absolute, as the program may change its working folder. */
static void
store_output(void *field, size_t value)
{
    const char *name = (const char *)(uintptr_t)value;
    struct lz_text text = lz_text_in(field, LZ_OUTPUT_NAME_SIZE);

    if (name[0] != '\0' && name[0] != '/' && strcmp(name, "1") != 0) {
        text.used =
            lz_os_working_folder(field, LZ_OUTPUT_NAME_SIZE - strlen(name) - 1);
        if (text.used != 0)
            lz_text_char(&text, '/');
    }
    lz_text_string(&text, name);
}

static size_t
load_flag(const void *field)
{
    return *(const lz_option_flag_t *)field;
}

static size_t
load_size(const void *field)
{
    return *(const lz_option_size_t *)field;
}

static size_t
load_output(const void *field)
{
    return (size_t)(uintptr_t)field;
}

static const struct kind kind_output = {
    parse_output, store_output, load_output,
    "0, 1 or the name of a file, with a dot or a "
    "slash in it",
    NULL};
static const struct kind kind_file = {parse_file, store_output, load_output,
                                      "the name of a file, or 0", NULL};
static const struct kind kind_flag = {lz_parse_flag, store_flag, load_flag,
                                      "0 or 1", NULL};
static const struct kind kind_number = {parse_number, store_size, load_size,
                                        "a whole number", NULL};
static const struct kind kind_size = {
    lz_parse_size, store_size, load_size,
    "a number of bytes such as 65536, 64K, 10M or 1G", NULL};
static const struct kind kind_retain = {
    parse_retain, store_size, load_size,
    "auto, or a number of bytes such as 0, 64M or 1G", NULL};
static const struct kind kind_oracle = {
    parse_oracle, store_size, load_size,
    "auto, scan, pagemap, discard or memset", oracle_words};
static const struct kind kind_hugepages = {
    parse_hugepages, store_size, load_size,
    "auto, always, never, system, hugetlb, hugetlb:2M or hugetlb:1G",
    hugepages_words};
static const struct kind kind_prefault = {
    parse_prefault, store_size, load_size,
    "all, off, or a number of bytes such as 64M or 1G", NULL};
static const struct kind kind_numa = {
    lz_numa_parse, store_size, load_size,
    "local, interleave, system, or bind: and numbers of nodes such as 0,1",
    NULL};
static const struct kind kind_background = {
    parse_background, store_size, load_size, "auto, 0 or 1", background_words};

static const struct option options[] = {
#define LZ_OPTION(kind, name, fallback, min, max, help) \
    {#name, &kind_##kind, &lz_options.name, min, max},
#include "control/options.def"
#undef LZ_OPTION
};

#define OPTION_COUNT (sizeof(options) / sizeof(options[0]))

/* Does `setting`, "THRESHOLD=...", name this option? Gives its value. */
static const char *
value_of(const struct option *option, const char *setting)
{
    const char *name = option->name;

    while (*name != '\0' && lz_parse_upper(*name) == *setting) {
        name++;
        setting++;
    }
    return *name == '\0' && *setting == '=' ? setting + 1 : NULL;
}

static size_t
clamp(const struct option *option, size_t value)
{
    if (value < option->min)
        return option->min;
    return value > option->max ? option->max : value;
}

static void
apply(const struct option *option, const char *setting, const char *text)
{
    size_t value, used;

    if (!option->kind->parse(text, &value)) {
        lz_log("%s%s: expected %s; using the default", PREFIX, setting,
               option->kind->expects);
        return;
    }
    used = clamp(option, value);
    if (used != value)
        lz_log("%s%s: out of range; using %zu, the %s", PREFIX, setting, used,
               used > value ? "least" : "most");
    option->kind->store(option->field, used);
}

static void
apply_setting(const char *setting)
{
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        const char *text = value_of(&options[i], setting);

        if (text != NULL) {
            apply(&options[i], setting, text);
            return;
        }
    }
    lz_log("%s%s: no such option; ignored (see man liblazyzero)", PREFIX,
           setting);
}

void
lz_options_read(char **environment)
{
    size_t length = strlen(PREFIX);

    if (environment == NULL)
        return;
    for (; *environment != NULL; environment++) {
        if (strncmp(*environment, PREFIX, length) == 0)
            apply_setting(*environment + length);
    }
}

const char *
lz_options_expects(const char *name, const char *text, size_t *limit)
{
    size_t value;

    *limit = 0;
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        if (!lz_parse_same_word(options[i].name, name))
            continue;
        if (!options[i].kind->parse(text, &value))
            return options[i].kind->expects;
        *limit = clamp(&options[i], value);
        return *limit == value ? NULL : *limit > value ? "at least" : "at most";
    }
    return NULL;
}

/* In its largest whole unit: 1M, 10M, 65537. */
static void
put_size(struct lz_text *text, size_t value)
{
    static const char *const units[] = {"", "K", "M", "G", "T"};
    size_t unit = 0;

    while (unit < 4 && value >= 1024 && value % 1024 == 0) {
        value /= 1024;
        unit++;
    }
    lz_text_number(text, value, 10);
    lz_text_string(text, units[unit]);
}

static void
put_output(struct lz_text *text, const char *name)
{
    lz_text_string(text, name[0] == '\0' ? "0" : name);
}

static void
put_prefault(struct lz_text *text, size_t value)
{
    if (value == LZ_PREFAULT_OFF)
        lz_text_string(text, "off");
    else if (value == LZ_PREFAULT_ALL)
        lz_text_string(text, "all");
    else
        put_size(text, value);
}

static void
put_option(struct lz_text *text, const struct option *option)
{
    const struct kind *kind = option->kind;
    size_t value = kind->load(option->field);

    lz_text_string(text, option->name);
    lz_text_char(text, '=');
    if (kind->words != NULL)
        lz_text_string(text, kind->words[value]);
    else if (kind == &kind_output || kind == &kind_file)
        put_output(text, (const char *)(uintptr_t)value);
    else if (kind == &kind_retain && value == LZ_RETAIN_AUTO)
        lz_text_string(text, "auto");
    else if (kind == &kind_prefault)
        put_prefault(text, value);
    else if (kind == &kind_numa)
        lz_numa_put(text, value);
    else if (kind == &kind_size || kind == &kind_retain)
        put_size(text, value);
    else
        lz_text_number(text, value, 10);
}

void
lz_options_describe(char *text, size_t size)
{
    struct lz_text out = lz_text_in(text, size);

    for (size_t i = 0; i < OPTION_COUNT; i++) {
        lz_text_string(&out, i == 0 ? "" : " ");
        put_option(&out, &options[i]);
    }
}
