/* SPDX-License-Identifier: MIT */
/*
 * What macOS' dynamic linker does. Kept apart, so that it is tested on other
 * systems.
 */
#ifndef DYLD_H
#define DYLD_H

#include <stdbool.h>
#include <sys/types.h>

#include "host.h"

/*
 * Does this absolute path belong to the system, whose programs System Integrity
 * Protection shields from libraries?
 */
bool dyld_is_protected(const char *path);

/*
 * What dyld's log (DYLD_PRINT_LIBRARIES) reports about the process and the
 * library, an absolute path. HOST_UNKNOWN: there is no log, or it does not
 * mention the process.
 */
enum host_proof dyld_read_log(const char *log, pid_t pid, const char *library);

#endif
