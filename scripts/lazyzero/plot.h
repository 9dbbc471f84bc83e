/* SPDX-License-Identifier: MIT */
/* Pictures: gnuplot(1) draws them, where it is installed. */
#ifndef PLOT_H
#define PLOT_H

#include <stdbool.h>
#include <stdio.h>

bool plot_is_possible(void);

/* Stops with one line where --plot FILE cannot be had: no gnuplot, no such
 * folder, not an .svg. To be called before the work. */
void plot_check(const char *file);

/* A gnuplot that draws into the file what it reads from the stream. */
FILE *plot_open(const char *file, int width, int height);

/* Ends it, and says which file was drawn, or that it failed. */
void plot_close(FILE *gnuplot, const char *file);

#endif
