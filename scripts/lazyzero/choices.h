/* SPDX-License-Identifier: MIT */
/* The options that every subcommand has which runs a program. */
#ifndef CHOICES_H
#define CHOICES_H

#include <stdbool.h>

#include "args.h"

struct choices {
    const char *library; /* --library FILE, or NULL */
    bool force;          /* --force */
};

/* Is one of them, or one of the library's own, next? Then it is read. */
bool choices_take(struct choices *choices, struct args *args);

/* Finds the library and checks that it can serve the program. */
const char *choices_prepare(const struct choices *choices, const char *program);

#endif
