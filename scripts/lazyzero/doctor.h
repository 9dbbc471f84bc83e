/* SPDX-License-Identifier: MIT */
/* A check of `lazyzero doctor`, and the system's own checks. */
#ifndef DOCTOR_H
#define DOCTOR_H

enum doctor_verdict {
    DOCTOR_OK,
    DOCTOR_WARN, /* it works, but less well than it could */
    DOCTOR_FAIL, /* it does not work */
};

/*
 * Prints one line: the verdict, what was checked, what was found, and what
 * follows.
 */
void doctor_say(enum doctor_verdict verdict, const char *name,
                const char *format, ...) __attribute__((format(printf, 3, 4)));

/* The system's part, in doctor_<system>.c. */
void doctor_check_system(void);

#endif
