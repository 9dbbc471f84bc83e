/* SPDX-License-Identifier: MIT */
#include "base/text.h"

struct lz_text
lz_text_in(char *buffer, size_t size)
{
    buffer[0] = '\0';
    return (struct lz_text){buffer, size, 0};
}

void
lz_text_char(struct lz_text *text, char c)
{
    if (text->used + 1 >= text->size)
        return;
    text->start[text->used++] = c;
    text->start[text->used] = '\0';
}

void
lz_text_string(struct lz_text *text, const char *s)
{
    while (*s != '\0')
        lz_text_char(text, *s++);
}

void
lz_text_number(struct lz_text *text, uintmax_t n, unsigned base)
{
    char digits[24];
    size_t count = 0;

    /* Divisions by what the compiler knows take a fraction of the time. */
    do {
        digits[count++] = "0123456789abcdef"[base == 16 ? n % 16 : n % 10];
        n = base == 16 ? n / 16 : n / 10;
    } while (n != 0);
    while (count > 0)
        lz_text_char(text, digits[--count]);
}

void
lz_text_column(struct lz_text *text, uintmax_t n, size_t width)
{
    size_t digits = 1;

    for (uintmax_t rest = n / 10; rest != 0; rest /= 10)
        digits++;
    for (; digits < width; digits++)
        lz_text_char(text, ' ');
    lz_text_number(text, n, 10);
}

void
lz_text_fill(struct lz_text *text, size_t from, size_t width)
{
    while (text->used < from + width && text->used + 1 < text->size)
        lz_text_char(text, ' ');
}
