/* SPDX-License-Identifier: MIT */
#include "say.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static void
say(const char *format, va_list values)
{
    fflush(stdout);
    fputs("lazyzero: ", stderr);
    vfprintf(stderr, format, values);
    fputc('\n', stderr);
}

void
say_line(const char *format, ...)
{
    va_list values;

    va_start(values, format);
    say(format, values);
    va_end(values);
}

void
say_stop(int status, const char *format, ...)
{
    va_list values;

    va_start(values, format);
    say(format, values);
    va_end(values);
    exit(status);
}

void *
say_got(void *memory)
{
    if (memory == NULL)
        say_stop(SAY_FAILED, "out of memory");
    return memory;
}
