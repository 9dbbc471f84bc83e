/* SPDX-License-Identifier: MIT */
/*
 * The subcommands, each in the file of its name. `args` stands behind the
 * subcommand's name; the exit status is returned.
 */
#ifndef COMMANDS_H
#define COMMANDS_H

#include "args.h"
#include "choices.h"

int run_main(struct args *args);
int stat_main(struct args *args);
int compare_main(struct args *args);
int trace_main(struct args *args);
int learn_main(struct args *args);
int top_main(struct args *args);
int doctor_main(struct args *args);

/* What `doctor` runs with the library preloaded: see doctor.c. */
int doctor_probe(void);

#endif
