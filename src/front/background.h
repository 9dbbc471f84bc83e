/* SPDX-License-Identifier: MIT */
/*
 * The library's own thread, which gives back what the program does not use
 * again while it does something else. LAZYZERO_BACKGROUND decides:
 *
 *   auto  It starts at a large free that leaves more than 4 MiB kept, in a
 *         process that has two threads or more. In one with a single thread
 *         there is none: such a program may fork, or call unshare(2).
 *   1     It starts with the first large free, and also zeroes what is kept,
 *         so that a calloc that reuses a block need not zero it.
 *   0     There is none.
 *
 * It looks every 10 ms at first. A process that used less than a 64th of the
 * time since the last look is idle. lz_region_idle then releases memory, and
 * says when to look again (at most a quarter of a second later). In a busy
 * process, what is past its decay time is released. After eight busy looks in a
 * row the next ones are 50 ms apart.
 *
 * It ends when nothing was kept or freed for half of the decay time (50 ms at
 * least, 1 s at most). Before that, it purges the heap's unused pages if these
 * are more than 8 MiB. The next free may start it again. It also ends if the
 * program has only one thread left (auto), or none: a process whose threads
 * have all ended is over.
 *
 * It blocks all signals, and is gone before the process's exit is done.
 */
#ifndef LZ_BACKGROUND_H
#define LZ_BACKGROUND_H

/* A region was freed: there may be something to do. Cheap. */
void lz_background_wake(void);

/* At exit: stops the thread and waits for it. */
void lz_background_stop(void);

/* In the child of a fork, where the thread does not exist. See init.c. */
void lz_background_fork_child(void);

#endif
