/* SPDX-License-Identifier: MIT */
#include "choices.h"

#include <stddef.h>

#include "library.h"
#include "program.h"
#include "settings.h"

bool
choices_take(struct choices *choices, struct args *args)
{
    if (args_value(args, NULL, "--library", &choices->library))
        return true;
    if (args_flag(args, "--force"))
        return choices->force = true;
    return settings_take(args);
}

const char *
choices_prepare(const struct choices *choices, const char *program)
{
    const char *library = library_find(choices->library);

    program_check(program, library, choices->force);
    return library;
}
