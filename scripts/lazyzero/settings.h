/* SPDX-License-Identifier: MIT */
/*
 * The library's options as options of the command: LAZYZERO_DECAY_MS=500 is
 * --decay-ms 500, and a flag is --memset or --no-memset. They come from the
 * library's own list, src/control/options.def.
 */
#ifndef SETTINGS_H
#define SETTINGS_H

#include "args.h"

/* If one of them is next: reads it and puts it into the environment. */
bool settings_take(struct args *args);

/* Prints all of them, with their meaning, on standard output. */
void settings_help(void);

#endif
