/* SPDX-License-Identifier: MIT */
/*
 * Standard output as a screen that is drawn anew, where it is a terminal; else
 * as a stream of text. And what ends a command that goes on until it is told to
 * end.
 */
#ifndef SCREEN_H
#define SCREEN_H

#include <stdbool.h>

/*
 * Catches signals, and on a terminal switches to its other screen and turns
 * echo off. What the terminal showed comes back when this process exits.
 * `draws`: false for output that is text wherever it goes.
 */
void screen_open(bool draws);

/* Gives the terminal back. For a message before the exit. */
void screen_close(void);

/* Columns and rows; 0 rows: text, as many as one likes, of 80 columns. */
int screen_columns(void);
int screen_rows(void);

/* A picture: begins, has lines that are cut to the width, and is shown. */
void screen_begin(void);
void screen_line(const char *format, ...) __attribute__((format(printf, 1, 2)));
void screen_end(void);

/*
 * Waits so long, or less where the screen changed its size. True: somebody
 * wants an end, by q, Ctrl-C or a signal, or nothing can be written any more.
 */
bool screen_wait(double seconds);

/* The exit status then: 0, or as a shell has it for a signal that is not
 * Ctrl-C. */
int screen_status(void);

#endif
