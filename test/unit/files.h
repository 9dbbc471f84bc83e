/* SPDX-License-Identifier: MIT */
/* A folder for the files of a test. */
#ifndef UNIT_FILES_H
#define UNIT_FILES_H

#include "support.h"

static char files_folder[] = "/tmp/lazyzero-unit.XXXXXX";

/* .init and .fini of a suite. */
static inline void
files_begin(void)
{
    cr_assert_not_null(mkdtemp(files_folder));
    cr_assert_eq(chdir(files_folder), 0);
}

static inline void
files_end(void)
{
    char command[64];

    snprintf(command, sizeof(command), "rm -r %s", files_folder);
    cr_expect_eq(chdir("/"), 0);
    cr_expect_eq(system(command), 0);
}

/* What is in the file, as a string that the next call overwrites. */
static inline const char *
files_read(const char *name)
{
    static char text[1 << 16];
    FILE *file = fopen(name, "r");
    size_t length;

    cr_assert_not_null(file, "no file %s", name);
    length = fread(text, 1, sizeof(text) - 1, file);
    text[length] = '\0';
    fclose(file);
    return text;
}

#endif
