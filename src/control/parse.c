/* SPDX-License-Identifier: MIT */
#include "control/parse.h"

#include <string.h>

char
lz_parse_upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

bool
lz_parse_same_word(const char *a, const char *b)
{
    while (*a != '\0' && lz_parse_upper(*a) == lz_parse_upper(*b)) {
        a++;
        b++;
    }
    return *a == *b;
}

bool
lz_parse_one_of(const char *text, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (lz_parse_same_word(text, words[i]))
            return true;
    }
    return false;
}

bool
lz_parse_flag(const char *text, size_t *value)
{
    static const char *const on[] = {"1", "on", "yes", "true"};
    static const char *const off[] = {"0", "off", "no", "false"};

    *value = lz_parse_one_of(text, on, 4);
    return *value == 1 || lz_parse_one_of(text, off, 4);
}

bool
lz_parse_digits(const char **text, size_t *value)
{
    const char *c = *text;

    *value = 0;
    for (; *c >= '0' && *c <= '9'; c++) {
        if (__builtin_mul_overflow(*value, (size_t)10, value) ||
            __builtin_add_overflow(*value, (size_t)(*c - '0'), value))
            *value = SIZE_MAX; /* out of any range */
    }
    if (c == *text)
        return false;
    *text = c;
    return true;
}

bool
lz_parse_size(const char *text, size_t *value)
{
    static const char units[] = "KMGT";
    const char *unit;

    if (!lz_parse_digits(&text, value))
        return false;
    unit = *text == '\0' ? NULL : strchr(units, lz_parse_upper(*text));
    if (unit == NULL)
        return *text == '\0';
    for (int i = 0; i <= unit - units; i++) {
        if (__builtin_mul_overflow(*value, (size_t)1024, value))
            *value = SIZE_MAX;
    }
    text++;
    return *text == '\0' || lz_parse_same_word(text, "B") ||
           lz_parse_same_word(text, "iB");
}
