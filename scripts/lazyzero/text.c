/* SPDX-License-Identifier: MIT */
#include "text.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "say.h"

char *
text_format(const char *format, ...)
{
    va_list values;
    char *text = NULL;

    va_start(values, format);
    if (vasprintf(&text, format, values) < 0)
        text = NULL;
    va_end(values);
    return say_got(text);
}

const char *
text_base(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash == NULL ? path : slash + 1;
}

char *
text_read(const char *path)
{
    FILE *file = fopen(path, "r");
    size_t size = 4096, used = 0, got;
    char *text;

    if (file == NULL)
        return NULL;
    text = say_got(malloc(size));
    while ((got = fread(text + used, 1, size - used - 1, file)) > 0) {
        used += got;
        if (size - used < 2)
            text = say_got(realloc(text, size *= 2));
    }
    text[used] = '\0';
    fclose(file);
    return text;
}

static char *
next_buffer(void)
{
    static char buffers[8][32];
    static int next;

    next = (next + 1) % 8;
    return buffers[next];
}

/* The number of digits behind the point that makes three in all. */
static int
decimals(double value)
{
    return value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
}

const char *
text_seconds(double seconds)
{
    static const char *const units[] = {"s", "ms", "us"};
    char *text = next_buffer();
    int unit = 0;

    if (seconds <= 0)
        return "0 s";
    while (unit < 2 && seconds < 0.9995) {
        seconds *= 1000;
        unit++;
    }
    snprintf(text, 32, "%.*f %s", decimals(seconds), seconds, units[unit]);
    return text;
}

const char *
text_bytes(double bytes)
{
    static const char *const units[] = {"bytes", "KiB", "MiB", "GiB", "TiB"};
    char *text = next_buffer();
    int unit = 0;

    while (unit < 4 && bytes >= 1000) {
        bytes /= 1024;
        unit++;
    }
    snprintf(text, 32, "%.*f %s", unit == 0 ? 0 : decimals(bytes), bytes,
             units[unit]);
    return text;
}

const char *
text_doubling(int exponent)
{
    static const char *const units[] = {"bytes", "KiB", "MiB", "GiB", "TiB"};
    char *text = next_buffer();
    int unit = exponent / 10 < 4 ? exponent / 10 : 4,
        low = exponent - 10 * unit;

    if (low < 9 || unit == 4)
        snprintf(text, 32, "%.0f-%.0f %s", ldexp(1, low), ldexp(1, low + 1),
                 units[unit]);
    else
        snprintf(text, 32, "512 %s-1 %s", units[unit], units[unit + 1]);
    return text;
}

const char *
text_count(double count)
{
    static const char *const units[] = {"", "k", "M", "G"};
    char *text = next_buffer();
    int unit = 0;

    while (unit < 3 && count >= 99999.5) {
        count /= 1000;
        unit++;
    }
    snprintf(text, 32, "%.*f%s", unit == 0 ? 0 : decimals(count), count,
             units[unit]);
    return text;
}

/* The bytes of the character of UTF-8 there; 0: it is none. RFC 3629. */
static int
utf8_length(const char *text)
{
    const unsigned char *c = (const unsigned char *)text;
    int length = c[0] < 0x80                    ? 1
                 : c[0] >= 0xc2 && c[0] <= 0xdf ? 2
                 : c[0] >= 0xe0 && c[0] <= 0xef ? 3
                 : c[0] >= 0xf0 && c[0] <= 0xf4 ? 4
                                                : 0;

    for (int i = 1; i < length; i++) {
        if ((c[i] & 0xc0) != 0x80)
            return 0;
    }
    /* Too long for what it says, a surrogate, or beyond the last character. */
    if ((c[0] == 0xe0 && c[1] < 0xa0) || (c[0] == 0xed && c[1] > 0x9f) ||
        (c[0] == 0xf0 && c[1] < 0x90) || (c[0] == 0xf4 && c[1] > 0x8f))
        return 0;
    return length;
}

void
text_json(FILE *out, const char *text)
{
    fputc('"', out);
    while (*text != '\0') {
        unsigned char c = (unsigned char)*text;
        int length = utf8_length(text);

        if (length == 0)
            fputs("\\ufffd", out);
        else if (c == '"' || c == '\\')
            fprintf(out, "\\%c", c);
        else if (c < ' ')
            fprintf(out, "\\u%04x", c);
        else
            fwrite(text, 1, (size_t)length, out);
        text += length > 0 ? length : 1;
    }
    fputc('"', out);
}

void
text_wrap(FILE *out, const char *words, int indent, int width)
{
    int column = indent;

    while (*words != '\0') {
        int length = (int)strcspn(words, " ");

        if (column > indent && column + 1 + length > width) {
            fprintf(out, "\n%*s", indent, "");
            column = indent;
        } else if (column > indent) {
            fputc(' ', out);
            column++;
        }
        fprintf(out, "%.*s", length, words);
        column += length;
        words += length + (words[length] == ' ');
    }
    fputc('\n', out);
}
