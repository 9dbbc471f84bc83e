/* SPDX-License-Identifier: MIT */
/* What the command says about itself: one line on standard error each. */
#ifndef SAY_H
#define SAY_H

/*
 * Exit statuses of the command itself, as env(1) and timeout(1) have them: a
 * program's own statuses are below.
 */
enum {
    SAY_FAILED = 125,     /* wrong usage, or the command itself failed */
    SAY_CANNOT_RUN = 126, /* the program was found and cannot be run so */
    SAY_NOT_FOUND = 127,  /* there is no such program */
};

/* "lazyzero: ..." */
void say_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same, then exits. */
void say_stop(int status, const char *format, ...)
    __attribute__((format(printf, 2, 3), noreturn));

/*
 * From now on, when this process exits: what was printed on standard output has
 * been written, or one line says why not and the exit status is SAY_FAILED. A
 * child of fork that runs no other program must leave by _exit.
 */
void say_check_output(void);

/* For malloc and its like: stops where there is no memory. */
void *say_got(void *memory);

#endif
