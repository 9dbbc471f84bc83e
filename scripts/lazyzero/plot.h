/* SPDX-License-Identifier: MIT */
/* Pictures, drawn by gnuplot(1) if it is installed. */
#ifndef PLOT_H
#define PLOT_H

#include <stdbool.h>
#include <stdio.h>

bool plot_is_possible(void);

/*
 * Stops with one line if --plot FILE cannot be drawn: no gnuplot, no such
 * folder, not an .svg. To be called before the work.
 */
void plot_check(const char *file);

/* Starts a gnuplot, which draws into the file what it reads from the stream. */
FILE *plot_open(const char *file, int width, int height);

/* A word in double quotes, in which gnuplot expands nothing. */
void plot_put_word(FILE *gnuplot, const char *word);

/* "python3 train.py --epochs 3", cut to fit. The caller's memory. */
char *plot_title(char **program);

/* Ends it, and says which file was drawn, or that it failed. */
void plot_close(FILE *gnuplot, const char *file);

#endif
