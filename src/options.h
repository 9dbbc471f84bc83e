/* SPDX-License-Identifier: MIT */
/*
 * Run-time options, read once from LAZYZERO_* in the environment.
 *
 * Before lz_options_read the defaults hold, so that every layer works from the
 * very first call. A bad value or an unknown LAZYZERO_ name gives one line on
 * standard error and changes nothing. A privileged (set-user-ID) program reads
 * no options at all.
 */
#ifndef LZ_OPTIONS_H
#define LZ_OPTIONS_H

#include "util.h"

typedef size_t lz_option_size_t;
typedef bool lz_option_flag_t;

struct lz_options {
#define LZ_OPTION(kind, name, fallback, min, max, help) \
    lz_option_##kind##_t name;
#include "options.def"
#undef LZ_OPTION
};

/* Written by lz_options_read only; read freely. */
extern struct lz_options lz_options;

/* Takes the values that `environment` (NULL-terminated, or NULL) gives. */
void lz_options_read(char **environment);

/* "name=value name=value ..." of all options into `text`; cut to fit. */
void lz_options_describe(char *text, size_t size);

#endif
