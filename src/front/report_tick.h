/* SPDX-License-Identifier: MIT */
/*
 * LAZYZERO_STATS_INTERVAL: the metrics are written while the process runs, by
 * the library's own thread where there is one, and by the calls that allocate
 * large blocks.
 *
 * No malloc, no lock, no cancellation point; errno is kept. Usable in a signal
 * handler.
 */
#ifndef LZ_REPORT_TICK_H
#define LZ_REPORT_TICK_H

/* Called once, when the options are read. */
void lz_report_tick_start(void);

/*
 * Writes the metrics if it is time. One thread does; the others go on. If the
 * file cannot be written, this is said in one line, and from then on nothing is
 * done. Nothing is done either if no interval is set.
 */
void lz_report_tick(void);

/* In the child of a fork: nobody is writing there. */
void lz_report_tick_fork_child(void);

#endif
