/* SPDX-License-Identifier: MIT */
/*
 * The statistics as programs and people get them: a snapshot for the public
 * API, a table, JSON. Made from stats.def. No malloc, no stdio, no lock.
 */
#ifndef LZ_REPORT_H
#define LZ_REPORT_H

#include "base/util.h"

struct lazyzero_stats;

/*
 * Fills `stats` but for its size and version. The numbers are each right, but
 * not of the same instant while other threads allocate.
 */
void lz_report_take(struct lazyzero_stats *stats);

/* How the library finds out what is zero already: a word of LZ_ORACLE_WORDS. */
const char *lz_report_oracle(void);

/*
 * The report that LAZYZERO_STATS asks for, if it does. A file that cannot be
 * written gives one line, and the table on standard error.
 */
void lz_report_at_exit(void);

#endif
