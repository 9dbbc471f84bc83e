/* SPDX-License-Identifier: MIT */
/*
 * The trace at exit: a line for each large block that is still live, with what
 * is resident of it. Threads that go on may free such a block meanwhile.
 */
#ifndef LZ_TRACE_EXIT_H
#define LZ_TRACE_EXIT_H

/* Does nothing if no trace is written. Takes no lock; keeps errno. */
void lz_trace_exit(void);

#endif
