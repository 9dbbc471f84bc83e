/* SPDX-License-Identifier: MIT */
#include "trace_line.h"

#include <stdlib.h>
#include <string.h>

static const char *const calls[] = {
    [TRACE_REALLOC] = "realloc", [TRACE_MEMSET] = "memset",
    [TRACE_FREE] = "free",       [TRACE_RELEASE] = "release",
    [TRACE_EXIT] = "exit",       [TRACE_START] = "start",
    [TRACE_CODE] = "code",
};

enum {
    TIME,
    PROCESS,
    THREAD,
    CALL,
    HOW,
    ADDRESS,
    FROM,
    SIZE,
    USABLE,
    RESIDENT,
    DURATION,
    FIELDS
};

static enum trace_call
read_call(const char *word)
{
    if (strcmp(word, "malloc") == 0 || strcmp(word, "calloc") == 0 ||
        strcmp(word, "memalign") == 0)
        return TRACE_REQUEST;
    for (int i = TRACE_REALLOC; i < TRACE_OTHER; i++) {
        if (strcmp(word, calls[i]) == 0)
            return (enum trace_call)i;
    }
    return TRACE_OTHER;
}

/* A path in quotes, which are doubled in it. */
static void
take_quotes_off(char *text)
{
    char *to = text;

    if (*text != '"')
        return;
    for (const char *from = text + 1; *from != '\0'; from++) {
        if (*from == '"' && *++from != '"')
            break;
        *to++ = *from;
    }
    *to = '\0';
}

static void
fill(struct trace_line *line, char **fields)
{
    line->time = strtod(fields[TIME], NULL) / 1e9;
    line->duration = strtod(fields[DURATION], NULL) / 1e9;
    line->pid = atol(fields[PROCESS]);
    line->call = read_call(fields[CALL]);
    line->is_heap = strcmp(fields[HOW], "heap") == 0;
    line->is_reused = strcmp(fields[HOW], "reused") == 0;
    line->address = strtoull(fields[ADDRESS], NULL, 16);
    line->from = strtoull(fields[FROM], NULL, 16);
    line->size = strtoull(fields[SIZE], NULL, 10);
    line->usable = strtoull(fields[USABLE], NULL, 10);
    line->is_resident_known = fields[RESIDENT][0] != '\0';
    line->resident = strtoull(fields[RESIDENT], NULL, 10);
}

/* False: it is the line of names, or cut. */
static bool
parse(struct trace_line *line, char *text)
{
    static char nothing[1];
    char *fields[FIELDS];

    text[strcspn(text, "\n")] = '\0';
    if (*text < '0' || *text > '9')
        return false;
    for (int i = 0; i < FIELDS; i++) {
        fields[i] = strsep(&text, ",");
        if (fields[i] == NULL)
            return false;
    }
    fill(line, fields);
    line->stack = text == NULL ? nothing : text;
    take_quotes_off(line->stack);
    return true;
}

bool
trace_line_read(FILE *file, struct trace_line *line)
{
    while (getline(&line->text, &line->room, file) > 0) {
        if (parse(line, line->text))
            return true;
    }
    free(line->text);
    line->text = NULL;
    return false;
}

bool
trace_line_is_call(const struct trace_line *line)
{
    return line->call != TRACE_EXIT && line->call != TRACE_START &&
           line->call != TRACE_CODE;
}
