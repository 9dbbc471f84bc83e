/* SPDX-License-Identifier: MIT */
#include "say.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

/* A standard output that is closed and was never written to is no error. */
static void
close_output(void)
{
    bool failed = ferror(stdout) != 0;

    errno = 0;
    failed |= fflush(stdout) != 0;
    if (!failed && (fclose(stdout) == 0 || errno == EBADF))
        return;
    fprintf(stderr, "lazyzero: cannot write to standard output: %s\n",
            errno != 0 ? strerror(errno) : "some of it was lost");
    _exit(SAY_FAILED);
}

void
say_check_output(void)
{
    if (atexit(close_output) != 0)
        say_got(NULL);
}

void *
say_got(void *memory)
{
    if (memory == NULL)
        say_stop(SAY_FAILED, "out of memory");
    return memory;
}
