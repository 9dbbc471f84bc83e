/* SPDX-License-Identifier: MIT */
#include "control/log.h"

#include <stdarg.h>
#include <stdlib.h>

#include "base/text.h"
#include "os/os.h"

/* Writes one conversion; returns the last character of the format it used. */
static const char *
put_conversion(struct lz_text *line, const char *f, va_list *args)
{
    int n;

    switch (*f) {
    case 's':
        lz_text_string(line, va_arg(*args, const char *));
        break;
    case 'p':
        lz_text_string(line, "0x");
        lz_text_number(line, (uintptr_t)va_arg(*args, void *), 16);
        break;
    case 'd':
        n = va_arg(*args, int);
        if (n < 0)
            lz_text_char(line, '-');
        lz_text_number(line, n < 0 ? 0 - (uintmax_t)n : (uintmax_t)n, 10);
        break;
    case 'z':
        lz_text_number(line, va_arg(*args, size_t), 10);
        return f + 1;
    default:
        lz_text_char(line, *f);
    }
    return f;
}

static void
log_line(const char *format, va_list *args)
{
    char buffer[512];
    /* The byte that ends the string is kept for the newline. */
    struct lz_text line = lz_text_in(buffer, sizeof(buffer));

    lz_text_string(&line, "liblazyzero: ");
    for (const char *f = format; *f != '\0'; f++) {
        if (*f == '%')
            f = put_conversion(&line, f + 1, args);
        else
            lz_text_char(&line, *f);
    }
    buffer[line.used] = '\n';
    lz_os_write_error(buffer, line.used + 1);
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
