/* SPDX-License-Identifier: MIT */
/* Strings made and figures written, for people. */
#ifndef TEXT_H
#define TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* As printf, into memory that is the caller's. */
char *text_format(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

/* The part after the last slash. */
const char *text_base(const char *path);

/* A whole file, with a NUL behind it; NULL where it cannot be read. */
char *text_read(const char *path);

/* Figures: three digits and a unit, valid until the eighth call after. */
const char *text_seconds(double seconds);
const char *text_bytes(double bytes);
const char *text_count(double count);

/* "64-128 MiB": from 2 to the power of `exponent` to twice as much. */
const char *text_doubling(int exponent);

/* A string of JSON, in quotes. A byte that is not UTF-8 becomes U+FFFD. */
void text_json(FILE *out, const char *text);

/* Fills lines of `width` with words, each line but the first after `indent`
 * blanks; the first begins at column `indent` already. */
void text_wrap(FILE *out, const char *words, int indent, int width);

#endif
