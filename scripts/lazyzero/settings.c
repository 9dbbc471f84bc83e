/* SPDX-License-Identifier: MIT */
#include "settings.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/options.h" /* lz_options_expects: the library's own parser */
#include "say.h"
#include "text.h"

struct setting {
    const char *kind, *name, *help;
};

static const struct setting settings[] = {
#define LZ_OPTION(kind, name, fallback, min, max, help) {#kind, #name, help},
#include "control/options.def"
#undef LZ_OPTION
};

#define SETTING_COUNT (sizeof(settings) / sizeof(settings[0]))

static bool
is_flag(const struct setting *setting)
{
    /* The second is 0, 1 or auto: --background=auto. */
    return strcmp(setting->kind, "flag") == 0 ||
           strcmp(setting->kind, "background") == 0;
}

/* "--decay-ms" of prefix "--" and name "decay_ms". */
static char *
option_name(const char *prefix, const struct setting *setting)
{
    char *name = text_format("%s%s", prefix, setting->name);

    for (char *c = name; *c != '\0'; c++) {
        if (*c == '_')
            *c = '-';
    }
    return name;
}

static void
check(const struct setting *setting, const char *value)
{
    size_t limit;
    const char *expected = lz_options_expects(setting->name, value, &limit);
    char *name = option_name("--", setting);

    if (expected != NULL && strncmp(expected, "at ", 3) == 0)
        say_stop(SAY_FAILED, "%s %s: out of range, expected %s %zu", name,
                 value, expected, limit);
    if (expected != NULL)
        say_stop(SAY_FAILED, "%s %s: expected %s", name, value, expected);
    free(name);
}

static void
set(const struct setting *setting, const char *value)
{
    char *name = text_format("LAZYZERO_%s", setting->name);

    check(setting, value);
    for (char *c = name; *c != '\0'; c++)
        *c = (char)toupper((unsigned char)*c);
    if (setenv(name, value, 1) != 0)
        say_got(NULL);
    free(name);
}

static bool
take(struct args *args, const struct setting *setting)
{
    char *name = option_name("--", setting);
    const char *value = NULL;

    if (is_flag(setting)) {
        char *no = option_name("--no-", setting);

        if (args_flag(args, name))
            value = "1";
        else if (args_flag(args, no))
            value = "0";
        free(no);
    }
    /* A flag has a value only as --memset=0. */
    if (value == NULL &&
        (!is_flag(setting) || strchr(args->rest[0], '=') != NULL))
        args_value(args, NULL, name, &value);
    if (value != NULL)
        set(setting, value);
    free(name);
    return value != NULL;
}

bool
settings_take(struct args *args)
{
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        if (take(args, &settings[i]))
            return true;
    }
    return false;
}

/* "--threshold SIZE", "--[no-]memset" */
static char *
synopsis(const struct setting *setting)
{
    static const struct {
        const char *kind, *value;
    } values[] = {{"size", "SIZE"},
                  {"number", "N"},
                  {"output", "FILE"},
                  {"file", "FILE"}};
    const char *value = "WORD";
    char *name, *text;

    if (is_flag(setting))
        return option_name("--[no-]", setting);
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        if (strcmp(setting->kind, values[i].kind) == 0)
            value = values[i].value;
    }
    name = option_name("--", setting);
    text = text_format("%s %s", name, value);
    free(name);
    return text;
}

void
settings_help(void)
{
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        char *name = synopsis(&settings[i]);

        printf("  %-20s ", name);
        text_wrap(stdout, settings[i].help, 23, 79);
        free(name);
    }
}
