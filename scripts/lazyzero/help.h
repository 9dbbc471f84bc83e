/* SPDX-License-Identifier: MIT */
/* What --help prints, made from commands.def and the library's options. */
#ifndef HELP_H
#define HELP_H

#include "args.h"

/* All commands, with an example of each. */
void help_all(void);

/* One command. Stops where there is none of that name. */
void help_command(const char *name);

/* Is --help next? Then it is read, and the command's help printed. */
bool help_wanted(struct args *args);

/* The command that was meant, where the word is much like its name; else NULL.
 */
const char *help_nearest(const char *word);

#endif
