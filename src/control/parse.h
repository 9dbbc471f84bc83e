/* SPDX-License-Identifier: MIT */
/*
 * Words and numbers in the values of options, in any case and without locale.
 * Each parser gives the value and true, or false if the text is none.
 */
#ifndef LZ_PARSE_H
#define LZ_PARSE_H

#include "base/util.h"

char lz_parse_upper(char c);
bool lz_parse_same_word(const char *a, const char *b);
bool lz_parse_one_of(const char *text, const char *const *words, size_t count);

/* "1", "on", "yes", "true", and their opposites. */
bool lz_parse_flag(const char *text, size_t *value);

/* Digits at the start of *text, which then begins behind them. SIZE_MAX: more.
 */
bool lz_parse_digits(const char **text, size_t *value);

/* "64", "64K", "64k", "64KB" and "64KiB" are all multiples of 1024. */
bool lz_parse_size(const char *text, size_t *value);

#endif
