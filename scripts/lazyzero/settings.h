/* SPDX-License-Identifier: MIT */
/*
 * The library's options as options of the command: LAZYZERO_DECAY_MS=500 is
 * --decay-ms 500, and a flag is --memset or --no-memset. They come from the
 * library's own list, src/control/options.def.
 */
#ifndef SETTINGS_H
#define SETTINGS_H

#include "args.h"

/* Is one of them next? Then it is read and put into the environment. */
bool settings_take(struct args *args);

/* All of them, with what they mean, on standard output. */
void settings_help(void);

#endif
