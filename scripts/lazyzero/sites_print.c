/* SPDX-License-Identifier: MIT */
/* The table of call sites. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sites.h"
#include "text.h"

/*
 * Lines that are shown of a site's stack: the innermost frames, and behind them
 * the code that a runtime made, which is the program's own in such a language.
 * Frames without a name that follow each other in one file are one line.
 */
#define MOST_LINES 10
#define MOST_MADE 8

/* Names of C++ can be very long. */
#define MOST_NAME 60

static void
print_figures(FILE *out, const struct sites_site *site, const char *peak)
{
    uint64_t known = site->asked - site->unknown;
    uint64_t ended = site->blocks == 0 ? 1 : site->blocks;

    fprintf(out, "%11s %11s %6.1f%% %11s %7s %7s %9s\n",
            text_bytes((double)site->asked), text_bytes((double)site->touched),
            known == 0 ? 0 : 100 * (double)site->touched / (double)known, peak,
            text_count((double)site->blocks), text_count((double)site->reused),
            text_seconds(site->life / (double)ended));
}

/* "file+0x12": no name was found. */
static bool
is_offset(const char *name, const char *file)
{
    size_t length = strlen(file);

    return strncmp(name, file, length) == 0 && name[length] == '+';
}

static bool
is_nameless(const struct sites_frame *frame)
{
    return frame->module[0] == '/' &&
           is_offset(sites_name(frame), text_base(frame->module));
}

/* "      function  (file of the code, line of the source)" */
static void
print_frame(FILE *out, const struct sites_frame *frame)
{
    const char *name = sites_name(frame);
    char *line = NULL;

    fprintf(out, "      %.*s%s", MOST_NAME, name,
            strlen(name) > MOST_NAME ? "..." : "");
    if (frame->module[0] == '/' && !is_nameless(frame)) {
        line = symbol_line(frame->module, frame->offset - 1);
        fprintf(out, "  (%s%s%s)", text_base(frame->module),
                line == NULL ? "" : ", ", line == NULL ? "" : line);
    }
    free(line);
}

/* How many frames from this one on have no name and are of one file; at
 * least 1. */
static size_t
count_nameless(const struct sites_site *site, size_t from)
{
    const struct sites_frame *first = site->frames[from];
    size_t end = from + 1;

    while (is_nameless(first) && end < site->frame_count &&
           strcmp(site->frames[end]->module, first->module) == 0 &&
           is_nameless(site->frames[end]))
        end++;
    return end - from;
}

static void
print_stack(FILE *out, const struct sites_site *site)
{
    size_t lines = 0, made = 0, left_out = 0, count;

    if (site->frame_count == 0)
        fputs("      (no call stack)\n", out);
    for (size_t i = 0; i < site->frame_count; i += count) {
        count = symbol_has_names ? count_nameless(site, i) : 1;
        if (lines >= MOST_LINES &&
            (site->frames[i]->pid == 0 || made++ >= MOST_MADE)) {
            left_out += count;
            continue;
        }
        lines++;
        print_frame(out, site->frames[i]);
        if (count > 1)
            fprintf(out, "  (and %zu more without a name)", count - 1);
        fputc('\n', out);
    }
    if (left_out > 0)
        fprintf(out, "      ... %zu more\n", left_out);
}

static void
print_notes(FILE *out, const struct sites *sites, size_t shown)
{
    if (shown < sites->count)
        fprintf(out, "  %zu more sites are not shown.\n", sites->count - shown);
    if (!symbol_has_names)
        fputs("  Functions have no names: this lazyzero was built without "
              "elfutils' libdw.\n  One that was built with it names them: "
              "lazyzero trace --read FILE.\n",
              out);
    if (sites->total.unknown > 0)
        fprintf(out,
                "  What was touched of %s is not known: the process was killed "
                "or\n  ended without its exit handlers.\n",
                text_bytes((double)sites->total.unknown));
    if (sites->total.reused > 0)
        fputs("  A reused block counts the pages that it had before as "
              "touched.\n  With --retain 0 no block is reused.\n",
              out);
}

void
sites_print(FILE *out, const struct sites *sites, size_t most)
{
    size_t shown = sites->count < most ? sites->count : most;

    fprintf(out, "\n%11s %11s %7s %11s %7s %7s %9s\n", "ASKED", "TOUCHED",
            "SHARE", "PEAK", "BLOCKS", "REUSED", "LIFE");
    print_figures(out, &sites->total, "-");
    fprintf(out, "      %zu call site%s in all; most untouched bytes first\n",
            sites->count, sites->count == 1 ? "" : "s");
    for (size_t i = 0; i < shown; i++) {
        fputc('\n', out);
        print_figures(out, sites->list[i],
                      text_bytes((double)sites->list[i]->peak));
        print_stack(out, sites->list[i]);
    }
    fputc('\n', out);
    print_notes(out, sites, shown);
}
