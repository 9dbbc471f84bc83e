/* SPDX-License-Identifier: MIT */
/*
 * This process and its threads, clocks, start and fork. The rules of os.h hold.
 */
#ifndef LZ_OS_PROCESS_H
#define LZ_OS_PROCESS_H

#include "base/util.h"

/* What all threads of this process did so far (getrusage(2)). */
struct lz_os_work {
    uint64_t cpu;    /* milliseconds of processor time */
    uint64_t sleeps; /* how often one of them gave the processor up to wait */
};
void lz_os_work(struct lz_os_work *work);

/* Milliseconds of a clock that never goes back; coarse. */
uint64_t lz_os_now(void);

/* Nanoseconds of a clock that never goes back; exact. */
uint64_t lz_os_now_exact(void);

/* The working folder as a string; its length, or 0 where there is none. */
size_t lz_os_working_folder(char *path, size_t size);

/* Of this process and thread, as the kernel knows them now. */
int lz_os_process_id(void);
int lz_os_thread_id(void);

/* What the program is called; "" where that is not known. */
const char *lz_os_program_name(void);

/* An errno value in words that need no translation, or NULL. */
const char *lz_os_error_text(int error);

/* True in a set-user-ID or otherwise privileged program. */
bool lz_os_is_privileged(void);

/* The environment as NULL-terminated "NAME=value" strings, or NULL. */
char **lz_os_environment(void);

/*
 * True only where this process surely never had a second thread, so that
 * nobody else can hold a lock. False when that cannot be told.
 */
bool lz_os_is_single_threaded(void);

/*
 * True only where this process surely has no other thread now. Asks the
 * system; not to be called after lz_os_ask_nothing.
 */
bool lz_os_is_alone(void);

/*
 * Acquires and releases the lock of libc's list of open streams, which
 * fork takes and under which stream functions allocate. No-ops where libc does
 * not offer it. libc itself resets it in the child of a fork.
 */
void lz_os_stdio_acquire(void);
void lz_os_stdio_release(void);

/*
 * pthread_atfork(3), or 0 at once where libc calls the allocator's handlers by
 * itself, later than all others: by Darwin's malloc zones.
 */
int lz_os_atfork(void (*prepare)(void), void (*parent)(void),
                 void (*child)(void));

/*
 * Close the files that were opened to ask the system: in the child of a fork,
 * and (rest) where nothing large is live or kept and a second went by.
 */
void lz_os_fork_child(void);
void lz_os_rest(void);

/*
 * How many threads this process has; one that ended before the others,
 * as main by pthread_exit, may count as well. 0: that cannot be told.
 */
size_t lz_os_count_threads(void);

/* Which CPU runs this thread now, or another number to tell threads apart. */
unsigned lz_os_cpu(void);

/* True only where no other thread is left that has not ended. */
bool lz_os_is_last_thread(void);

/* What this thread is called in listings, 15 bytes at most. */
void lz_os_name_thread(const char *name);

/* Nanoseconds of processor time that the process used without this thread. */
uint64_t lz_os_others_time(void);

/*
 * A stack's size for pthread_attr_setstacksize(3) of which `n` bytes are
 * left beside what libc puts there: the thread-local storage of a program.
 * 0: as by default.
 */
size_t lz_os_stack_size(size_t n);

/*
 * The background thread sleeps here until the next wake, including one that
 * came before, or for at most `ms` milliseconds if that is not 0.
 * lz_os_sleep_start prepares it, and does so again in a fork child; 0 or an
 * errno value. lz_os_wake may be called in a signal handler.
 */
int lz_os_sleep_start(void);
void lz_os_sleep(size_t ms);
void lz_os_wake(void);

/* Waits for about so many microseconds: more than 0, fewer than 1,000,000. */
void lz_os_pause(size_t us);

#endif
