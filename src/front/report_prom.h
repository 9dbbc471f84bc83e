/* SPDX-License-Identifier: MIT */
/*
 * The statistics as Prometheus reads them (text format 0.0.4), for node
 * exporter's textfile collector among others. Made from stats.def. No malloc,
 * no lock.
 */
#ifndef LZ_REPORT_PROM_H
#define LZ_REPORT_PROM_H

#include "base/text.h"

struct lazyzero_stats;

/* Does LAZYZERO_STATS name a file that ends in ".prom"? */
bool lz_report_prom_is_wanted(void);

/* Each metric has the program and its process as labels. */
void lz_report_prom_put(struct lz_text *text,
                        const struct lazyzero_stats *stats);

#endif
