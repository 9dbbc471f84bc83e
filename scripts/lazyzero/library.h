/* SPDX-License-Identifier: MIT */
/* The library: where it is, and how a process gets it. */
#ifndef LIBRARY_H
#define LIBRARY_H

/*
 * The library's whole path: `given` (--library), else the one beside this
 * command, else the installed one next to it. Stops where there is none.
 */
const char *library_find(const char *given);

/* The same; NULL where there is none. */
const char *library_look(void);

/* Checks what --library or --with names; its whole path. Stops if it is none.
 */
const char *library_check(const char *path);

/* Adds it to what this process's children preload, behind what is there. */
void library_preload(const char *library);

/*
 * What would come before it: a library of another malloc that is preloaded
 * already, or NULL. The caller's memory.
 */
char *library_rival(const char *library);

#endif
