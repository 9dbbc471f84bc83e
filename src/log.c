/* SPDX-License-Identifier: MIT */
#include "log.h"

#include <stdarg.h>
#include <stdlib.h>

#include "os.h"

struct line {
    char text[512];
    size_t used;
};

static void
put_char(struct line *line, char c)
{
    /* The last byte is kept for the newline. */
    if (line->used < sizeof(line->text) - 1)
        line->text[line->used++] = c;
}

static void
put_string(struct line *line, const char *s)
{
    while (*s != '\0')
        put_char(line, *s++);
}

static void
put_number(struct line *line, uintmax_t n, unsigned base)
{
    char digits[24];
    size_t count = 0;

    do {
        digits[count++] = "0123456789abcdef"[n % base];
        n /= base;
    } while (n != 0);
    while (count > 0)
        put_char(line, digits[--count]);
}

/* Writes one conversion; returns the last character of the format it used. */
static const char *
put_conversion(struct line *line, const char *f, va_list *args)
{
    int n;

    switch (*f) {
    case 's':
        put_string(line, va_arg(*args, const char *));
        break;
    case 'p':
        put_string(line, "0x");
        put_number(line, (uintptr_t)va_arg(*args, void *), 16);
        break;
    case 'd':
        n = va_arg(*args, int);
        if (n < 0)
            put_char(line, '-');
        put_number(line, n < 0 ? 0 - (uintmax_t)n : (uintmax_t)n, 10);
        break;
    case 'z':
        put_number(line, va_arg(*args, size_t), 10);
        return f + 1;
    default:
        put_char(line, *f);
    }
    return f;
}

static void
log_line(const char *format, va_list *args)
{
    struct line line = {.used = 0};

    put_string(&line, "liblazyzero: ");
    for (const char *f = format; *f != '\0'; f++) {
        if (*f == '%')
            f = put_conversion(&line, f + 1, args);
        else
            put_char(&line, *f);
    }
    line.text[line.used++] = '\n';
    lz_os_write_error(line.text, line.used);
}

void
lz_log(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    log_line(format, &args);
    va_end(args);
}

void
lz_log_fatal(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    log_line(format, &args);
    va_end(args);
    abort();
}
