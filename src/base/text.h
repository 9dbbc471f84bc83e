/* SPDX-License-Identifier: MIT */
/*
 * A text built in a buffer of the caller's, without stdio, malloc or locale.
 *
 * What does not fit is cut; the text is always a string, its end included in
 * the size (at least 1). Not thread safe: the caller owns it.
 */
#ifndef LZ_TEXT_H
#define LZ_TEXT_H

#include "base/util.h"

struct lz_text {
    char *start;
    size_t size, used; /* used: without the end of the string */
};

/* An empty text in [buffer, buffer + size). */
struct lz_text lz_text_in(char *buffer, size_t size);

void lz_text_char(struct lz_text *text, char c);
void lz_text_string(struct lz_text *text, const char *s);

/* In base 10 or 16; the second form fills up with blanks on the left. */
void lz_text_number(struct lz_text *text, uintmax_t n, unsigned base);
void lz_text_column(struct lz_text *text, uintmax_t n, size_t width);

/* Fills up with blanks to so many characters since `from`. */
void lz_text_fill(struct lz_text *text, size_t from, size_t width);

#endif
