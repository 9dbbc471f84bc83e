/* SPDX-License-Identifier: MIT */
/* lazyzero [run] PROGRAM: becomes the program, with the library in it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "help.h"
#include "library.h"
#include "say.h"

int
run_main(struct args *args)
{
    struct choices choices = {0};
    char **program;

    while (args_has_option(args)) {
        if (help_wanted(args))
            return 0;
        if (!choices_take(&choices, args))
            args_unknown(args);
    }
    program = args_program(args);
    library_preload(choices_prepare(&choices, program[0]));
    execvp(program[0], program);
    say_stop(errno == ENOENT ? SAY_NOT_FOUND : SAY_CANNOT_RUN,
             "cannot run %s: %s", program[0], strerror(errno));
}
