/* SPDX-License-Identifier: MIT */
/* What macOS' dynamic linker does: what no system but its own need ask for. */
#ifndef DYLD_H
#define DYLD_H

#include <stdbool.h>
#include <sys/types.h>

#include "host.h"

/* Is this whole path one of the system's own, whose programs System Integrity
 * Protection keeps libraries out of? */
bool dyld_is_protected(const char *path);

/* What dyld's log (DYLD_PRINT_LIBRARIES) tells of the process and the library,
 * a whole path. HOST_UNKNOWN: there is no log, or nothing of the process. */
enum host_proof dyld_read_log(const char *log, pid_t pid, const char *library);

#endif
