/* SPDX-License-Identifier: MIT */
/*
 * One-line messages on standard error, for a library that must not allocate.
 *
 * No stdio, no malloc, no lock, no cancellation point: a line is built on the
 * stack (longer ones are cut at 512 bytes) and goes out in one system call, so
 * lines of several threads do not mix. The format knows %s, %p, %d (int) and
 * %zu, nothing else. errno is kept.
 */
#ifndef LZ_LOG_H
#define LZ_LOG_H

#include "base/util.h"

/* "liblazyzero: " + the message + a newline. */
void lz_log(const char *format, ...) LZ_PRINTF;

/* The same, then abort(). For misuse that must not go on. */
_Noreturn void lz_log_fatal(const char *format, ...) LZ_PRINTF LZ_COLD;

#endif
