/* SPDX-License-Identifier: MIT */
/* The options that all subcommands have that run a program. */
#ifndef CHOICES_H
#define CHOICES_H

#include <stdbool.h>

#include "args.h"

struct choices {
    const char *library; /* --library FILE, or NULL */
    bool force;          /* --force */
};

/* If one of them, or one of the library's options, is next: reads it. */
bool choices_take(struct choices *choices, struct args *args);

/* Finds the library and checks that it can serve the program. */
const char *choices_prepare(const struct choices *choices, const char *program);

#endif
