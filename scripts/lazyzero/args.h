/* SPDX-License-Identifier: MIT */
/* The command line, read from left to right up to the program's name. */
#ifndef ARGS_H
#define ARGS_H

#include <stdbool.h>

struct args {
    const char *command; /* "stat", for messages and help */
    char **rest;         /* NULL-terminated: what is not read yet */
};

/*
 * True while an option comes next. False at the program's name; a "--" before
 * it is skipped.
 */
bool args_has_option(struct args *args);

/* Is `name` ("--force") next? Then it is read. */
bool args_flag(struct args *args, const char *name);

/*
 * Is an option with a value next: "-n 5", "-n5", "--rounds 5" or "--rounds=5"?
 * Then both are read; without a value the command stops. `letter` is "-n" or
 * NULL.
 */
bool args_value(struct args *args, const char *letter, const char *name,
                const char **value);

/*
 * Is the option next, with or without a value? Then the command stops: it is
 * one that this command cannot take, and `why` says what to do instead.
 */
void args_refuse(const struct args *args, const char *name, const char *why);

/* Stops: the next option is none of this command. */
void args_unknown(const struct args *args) __attribute__((noreturn));

/* The program and its arguments; stops when there is none. */
char **args_program(struct args *args);

#endif
