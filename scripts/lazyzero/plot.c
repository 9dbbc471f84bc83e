/* SPDX-License-Identifier: MIT */
#include "plot.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "say.h"
#include "text.h"

bool
plot_is_possible(void)
{
    return system("command -v gnuplot >/dev/null 2>&1") == 0;
}

void
plot_check(const char *file)
{
    size_t length = strlen(file);
    bool was_there = access(file, F_OK) == 0;
    FILE *open;

    if (length < 4 || strcmp(file + length - 4, ".svg") != 0)
        say_stop(SAY_FAILED, "--plot %s: the picture is SVG, so name it .svg",
                 file);
    if (strpbrk(file, "'\n") != NULL)
        say_stop(SAY_FAILED, "--plot %s: the name must not contain quotes",
                 file);
    if (!plot_is_possible())
        say_stop(SAY_FAILED, "--plot needs gnuplot (Debian's gnuplot-nox, "
                             "Homebrew's gnuplot)");
    open = fopen(file, "a");
    if (open == NULL)
        say_stop(SAY_FAILED, "--plot %s: %s", file, strerror(errno));
    fclose(open);
    if (!was_there) /* what comes before the drawing may fail */
        unlink(file);
}

FILE *
plot_open(const char *file, int width, int height)
{
    FILE *gnuplot = popen("gnuplot", "w");

    if (gnuplot == NULL)
        say_stop(SAY_FAILED, "cannot start gnuplot: %s", strerror(errno));
    fprintf(gnuplot,
            "set terminal svg size %d,%d font 'sans,13' background 'white'\n"
            "set output '%s'\n"
            "set encoding utf8\n",
            width, height, file);
    return gnuplot;
}

void
plot_put_word(FILE *gnuplot, const char *word)
{
    fputc('"', gnuplot);
    for (; *word != '\0'; word++) {
        if (strchr("\"\\`", *word) == NULL && (unsigned char)*word >= ' ')
            fputc(*word, gnuplot);
    }
    fputc('"', gnuplot);
}

char *
plot_title(char **program)
{
    const size_t most = 60;
    char *title = text_format("%s", text_base(program[0]));

    for (int i = 1; program[i] != NULL && strlen(title) <= most; i++) {
        char *longer = text_format("%s %s", title, program[i]);

        free(title);
        title = longer;
    }
    if (strlen(title) > most)
        memcpy(title + most - 3, "...", 4);
    return title;
}

void
plot_close(FILE *gnuplot, const char *file)
{
    if (pclose(gnuplot) != 0)
        say_line("gnuplot could not draw %s", file);
    else
        say_line("drew %s", file);
}
