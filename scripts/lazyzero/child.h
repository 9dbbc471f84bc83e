/* SPDX-License-Identifier: MIT */
/* A program that is run and waited for, and what it used. */
#ifndef CHILD_H
#define CHILD_H

#include <stdbool.h>
#include <sys/types.h>

struct child {
    char **program;         /* its arguments, the first is its name */
    const char *library;    /* preloaded behind what is there; or NULL */
    const char *bindings;   /* folder for the dynamic linker's word; or NULL */
    const char *const *set; /* "NAME=VALUE" for its environment; or NULL */
    /* Apart from the terminal: a process group of its own, so that Ctrl-C comes
     * to us alone; standard input from its start if it is a file, else empty;
     * no output, or all of it on our standard error. */
    bool apart, show;
    const char *output; /* of one apart: a new file for what it prints; or NULL
                         */
    bool ends;          /* look at the memory that its processes end with */
    void (*watch)(pid_t process, double time); /* see watcher_start; or NULL */
};

struct child_result {
    pid_t pid;
    double wall, user, system; /* seconds; with the children it waited for */
    double minor, major;       /* page faults */
    double peak;               /* the largest resident set, bytes */
    double end;  /* what that process had when it ended; NAN: not known */
    int status;  /* as a shell's $?: 128 + n for signal n */
    bool killed; /* by a signal */
    bool traced; /* to look at the ends */
};

/* The signal that came while a child ran apart, or after it ended; or 0. */
extern volatile int child_interrupted;

/*
 * Runs it to its end. A signal to us goes to the child: one that runs apart
 * gets SIGTERM, and SIGKILL three seconds later; another one gets the signal
 * itself, unless the terminal has sent it to both.
 */
struct child_result child_run(const struct child *child);

/* "exit status 3" or "signal 11 (Segmentation fault)". The caller's memory. */
char *child_describe(int status);

/*
 * A folder for temporary files, removed with all that is in it when this
 * process exits. Stops where none can be made.
 */
const char *child_folder(void);

#endif
