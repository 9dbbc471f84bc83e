/* SPDX-License-Identifier: MIT */
/*
 * Where an option's output goes: standard error or a file.
 *
 * `name` is an option's value (LZ_OPTION of kind output), not "". Each %p in it
 * stands for the process, so that children write files of their own. No malloc,
 * no stdio, no lock, no cancellation point; errno is kept.
 */
#ifndef LZ_OUTPUT_H
#define LZ_OUTPUT_H

#include "base/util.h"
#include "os/os.h"

static inline bool
lz_output_is_stderr(const char *name)
{
    return name[0] == '1' && name[1] == '\0';
}

/* Opens the file that the name gives now. 0, or an errno value. */
int lz_output_open(struct lz_os_file *file, const char *name, bool truncate);

/*
 * The file that the name gives now becomes `text` in one step: a new file takes
 * its place (rename(2)). 0, or an errno value, and the file is as it was.
 */
int lz_output_replace(const char *name, const char *text, size_t length);

/*
 * Prints one line: the variable, its value, the error, and what is done
 * `instead`.
 */
void lz_output_complain(const char *variable, const char *name, int error,
                        const char *instead);

#endif
