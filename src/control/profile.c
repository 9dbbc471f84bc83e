/* SPDX-License-Identifier: MIT */
#include "control/profile.h"

#include <string.h>

#include "control/parse.h"

#define FIRST "lazyzero profile 1\n"
#define END "end\n"

void
lz_profile_begin(struct lz_text *text, size_t page)
{
    lz_text_string(text, FIRST "page ");
    lz_text_number(text, page, 10);
    lz_text_char(text, '\n');
}

void
lz_profile_put(struct lz_text *text, const struct lz_profile_line *line)
{
    lz_text_string(text, line->zeroed ? "calloc " : "malloc ");
    lz_text_number(text, line->size, 10);
    lz_text_string(text, " blocks ");
    lz_text_number(text, line->blocks, 10);
    lz_text_string(text, " touched ");
    lz_text_number(text, line->least, 10);
    lz_text_char(text, ' ');
    lz_text_number(text, line->most, 10);
    lz_text_char(text, '\n');
}

void
lz_profile_end(struct lz_text *text)
{
    lz_text_string(text, END);
}

static bool
skip(const char **text, const char *word)
{
    size_t length = strlen(word);

    if (strncmp(*text, word, length) != 0)
        return false;
    *text += length;
    return true;
}

/* The word and a number from `least` to `most`. */
static bool
take(const char **text, const char *word, size_t least, size_t most,
     size_t *number)
{
    return skip(text, word) && lz_parse_digits(text, number) &&
           *number >= least && *number <= most;
}

const char *
lz_profile_open(const char **text, size_t length, size_t page)
{
    const char *start = *text, *rest;
    struct lz_profile_line line;
    size_t found;

    if (!skip(text, FIRST))
        return "it is no profile of this version";
    if (!take(text, "page ", 1, SIZE_MAX, &found) || !skip(text, "\n"))
        return "it is damaged";
    if (found != page)
        return "it is for pages of another size";
    rest = *text;
    while (lz_profile_next(&rest, &line))
        continue;
    if (!skip(&rest, END) || rest != start + length)
        return "it is damaged";
    return NULL;
}

bool
lz_profile_next(const char **text, struct lz_profile_line *line)
{
    const char *at = *text;

    line->zeroed = skip(&at, "calloc ");
    if (!take(&at, line->zeroed ? "" : "malloc ", 1, LZ_SIZE_LIMIT / 2,
              &line->size) ||
        !take(&at, " blocks ", 1, LZ_PROFILE_BLOCKS, &line->blocks) ||
        !take(&at, " touched ", 0, 100, &line->least) ||
        !take(&at, " ", line->least, 100, &line->most) || !skip(&at, "\n"))
        return false;
    *text = at;
    return true;
}
