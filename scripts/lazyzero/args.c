/* SPDX-License-Identifier: MIT */
#include "args.h"

#include <string.h>

#include "say.h"

bool
args_has_option(struct args *args)
{
    const char *next = args->rest[0];

    if (next == NULL || next[0] != '-' || next[1] == '\0')
        return false;
    if (strcmp(next, "--") != 0)
        return true;
    args->rest++;
    return false;
}

bool
args_flag(struct args *args, const char *name)
{
    if (strcmp(args->rest[0], name) != 0)
        return false;
    args->rest++;
    return true;
}

/* What follows the option's name within the same word; NULL: it is another. */
static const char *
glued(const char *word, const char *letter, const char *name)
{
    size_t length = strlen(name);

    if (strncmp(word, name, length) == 0 &&
        (word[length] == '\0' || word[length] == '='))
        return word + length;
    if (letter != NULL && strncmp(word, letter, 2) == 0)
        return word + 2;
    return NULL;
}

bool
args_value(struct args *args, const char *letter, const char *name,
           const char **value)
{
    const char *word = args->rest[0], *rest = glued(word, letter, name);

    if (rest == NULL)
        return false;
    args->rest++;
    if (*rest != '\0') {
        *value = *rest == '=' ? rest + 1 : rest;
        return true;
    }
    if (args->rest[0] == NULL)
        say_stop(SAY_FAILED, "%s needs a value (see lazyzero %s --help)", word,
                 args->command);
    *value = *args->rest++;
    return true;
}

void
args_refuse(const struct args *args, const char *name, const char *why)
{
    if (glued(args->rest[0], NULL, name) != NULL)
        say_stop(SAY_FAILED, "%s is no option of %s: %s", name, args->command,
                 why);
}

void
args_unknown(const struct args *args)
{
    say_stop(SAY_FAILED, "there is no option %s (see lazyzero %s --help)",
             args->rest[0], args->command);
}

char **
args_program(struct args *args)
{
    if (args->rest[0] == NULL)
        say_stop(SAY_FAILED, "which program? (see lazyzero %s --help)",
                 args->command);
    return args->rest;
}
