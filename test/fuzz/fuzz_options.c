/* SPDX-License-Identifier: MIT */
/* wrap: lz_os_write_error */
/* The parser: any environment leaves options that are in range. */
#include "control/options.h"

#include "fuzz.h"
#include "os/os.h"

#define STRINGS 32

void __wrap_lz_os_write_error(const char *text, size_t length);

/* Each message is one line. */
void
__wrap_lz_os_write_error(const char *text, size_t length)
{
    PROMISE(length > 0 && length <= 512);
    PROMISE(text[length - 1] == '\n');
}

static const char *const names[] = {
#define LZ_OPTION(kind, name, fallback, min, max, help) #name,
#include "control/options.def"
#undef LZ_OPTION
};

#define NAMES (sizeof(names) / sizeof(names[0]))

/* LAZYZERO_NAME=VALUE in capitals; the first byte of the text chooses NAME. */
static char *
make_setting(const char *text)
{
    unsigned choice = (unsigned char)text[0];
    const char *name =
        choice % (NAMES + 1) < NAMES ? names[choice % NAMES] : "";
    size_t size = strlen(text) + 64;
    char *setting = malloc(size);

    PROMISE(setting != NULL);
    snprintf(setting, size, "LAZYZERO_%s%s%s", name, name[0] != '\0' ? "=" : "",
             choice != 0 ? text + 1 : text);
    for (char *c = setting; *c != '\0' && *c != '='; c++)
        *c = (char)(*c >= 'a' && *c <= 'z' ? *c - 'a' + 'A' : *c);
    return setting;
}

static size_t
split(const char *text, size_t size, char **environment)
{
    size_t count = 0, at = 0;

    while (at < size && count < STRINGS - 1) {
        environment[count++] = make_setting(text + at);
        at += strlen(text + at) + 1;
    }
    environment[count] = NULL;
    return count;
}

static void
check(void)
{
    size_t number;
    bool flag;

#define IS_size(name, min, max) \
    number = lz_options.name;   \
    PROMISE(number <= (max) && (number >= (min) || (min) == 0));
#define IS_number IS_size
#define IS_retain IS_size
#define IS_prefault IS_size
#define IS_numa IS_size
#define IS_oracle IS_size
#define IS_hugepages IS_size
#define IS_background IS_size
#define IS_flag(name, min, max)                      \
    memcpy(&number, &(size_t){0}, sizeof(number));   \
    memcpy(&number, &lz_options.name, sizeof(flag)); \
    PROMISE(number <= 1);
#define IS_output(name, min, max) \
    PROMISE(memchr(lz_options.name, 0, sizeof(lz_options.name)) != NULL);
#define IS_file IS_output
#define LZ_OPTION(kind, name, fallback, min, max, help) \
    IS_##kind(name, min, max)
#include "control/options.def"
#undef LZ_OPTION
}

static void
describe(size_t size)
{
    char *text = malloc(size);

    PROMISE(text != NULL);
    lz_options_describe(text, size);
    PROMISE(memchr(text, 0, size) != NULL);
    free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct lz_options fallback;
    static bool known;
    size_t count;
    char *environment[STRINGS], *text = malloc(size + 1);

    if (!known)
        fallback = lz_options;
    known = true;
    PROMISE(text != NULL);
    lz_options = fallback;
    memcpy(text, data, size);
    text[size] = '\0';
    count = split(text, size, environment);
    lz_options_read(environment);
    check();
    for (size_t n = 1; n < 600; n += 1 + n / 2)
        describe(n);
    while (count > 0)
        free(environment[--count]);
    free(text);
    return 0;
}
