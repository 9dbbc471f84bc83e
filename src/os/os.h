/* SPDX-License-Identifier: MIT */
/*
 * The contract with the operating system.
 *
 * Each function has one definition in a build: a system's own, or one of those
 * in posix/; cmake/system.cmake chooses the files. Where POSIX has no such
 * call, the function in posix/lacks_*.c does nothing, or tells that nothing is
 * known. Nothing outside os/ and interpose/ may ask which system this is.
 *
 * All functions are thread safe, keep errno, allocate nothing, take no lock and
 * are no cancellation points. Lengths are in bytes; addresses and lengths are
 * multiples of the page size and lengths are not 0, unless said otherwise.
 * A function that can fail returns 0 or an errno value, or a pointer or NULL.
 */
#ifndef LZ_OS_H
#define LZ_OS_H

#include <time.h>

#include "base/util.h"

/* Bytes in a page, a power of two. Read once; callable at any time. */
size_t lz_os_page_size(void);

/*
 * A new private anonymous mapping that reads as zeros, at a multiple of `align`
 * (a power of two, at least a page). Its memory is not reserved: only what is
 * touched counts against RAM (MAP_NORESERVE, proc(5) on overcommit_memory).
 * NULL when the system refuses.
 */
void *lz_os_map(size_t length, size_t align);

/* The same over what is mapped there, which may be gone if it fails. */
int lz_os_map_over(void *start, size_t length);

/* Gives the mapping a name in /proc/PID/maps: "[anon:lazyzero]". */
void lz_os_name(void *start, size_t length);

/* Leaves the range out of core dumps. Best effort. */
void lz_os_keep_out_of_dumps(void *start, size_t length);

/* Advises for or against huge pages. Best effort. */
void lz_os_want_hugepages(void *start, size_t length, bool wanted);

/*
 * Removes a mapping or a part of one. Fails with ENOMEM where cutting a mapping
 * in two would exceed the system's limit (munmap(2)); the range is then
 * unchanged.
 */
int lz_os_unmap(void *start, size_t length);

/*
 * Makes the range inaccessible until it is unmapped. 0, or an errno value:
 * ENOMEM where that would be one mapping more than the system allows.
 */
int lz_os_protect(void *start, size_t length);

/*
 * Moves the pages of [from, from + length) to the start of
 * [to, to + to_length), a mapping made by lz_os_map, without copying; the rest
 * of the target reads as zeros. 0, or an errno value: then nothing was moved.
 * Either way the target is no longer the caller's. ENOSYS where the system has
 * no such call.
 */
int lz_os_move(void *from, size_t length, void *to, size_t to_length);

/*
 * Makes the mapping longer where it lies; the rest reads as zeros. 0, or
 * an errno value and no change: ENOMEM where something lies behind it.
 */
int lz_os_extend(void *start, size_t length, size_t longer);

/*
 * Moves a mapping to wherever there is room for `longer` bytes, at a
 * multiple of `align`; the rest reads as zeros. For a system whose limit has no
 * room for a second mapping (mremap(2), MREMAP_MAYMOVE). NULL: nothing changed.
 */
char *lz_os_move_anywhere(char *from, size_t length, size_t longer,
                          size_t align);

/*
 * Is the address space limited (RLIMIT_AS), and would `more` bytes, or none,
 * leave less than a quarter of it? TIGHT too if that cannot be told.
 */
enum lz_os_space { LZ_OS_SPACE_FREE, LZ_OS_SPACE_LIMITED, LZ_OS_SPACE_TIGHT };
enum lz_os_space lz_os_space_for(size_t more);

/*
 * Tells the system that the contents are not needed any more. Afterwards
 * they are unspecified (but see lz_os_discard_zeroes). 0, or an errno value:
 * EINVAL for locked memory.
 */
int lz_os_discard(void *start, size_t length);

/*
 * Makes the range read as zeros in one call that populates nothing and
 * need not give pages back. 0, or an errno value, and then anything may be
 * there: ENOSYS where the system has no such call.
 */
int lz_os_zero(void *start, size_t length);

/* How to find out which pages of a range may hold something else than zeros. */
enum lz_os_oracle {
    LZ_OS_ORACLE_SCAN,    /* Linux 6.7+: ioctl_pagemap_scan(2) */
    LZ_OS_ORACLE_PAGEMAP, /* proc(5), /proc/self/pagemap */
};

struct lz_os_range {
    uint64_t start, end;
    uint64_t categories; /* the system's own */
};

/* Maps what questions need, which later might lie in a hole of a block. */
void lz_os_get_ready(void);

/*
 * Populated pages of [start, end), which must be plain private anonymous
 * memory: there, a page that is neither present nor swapped out reads as zero.
 * Fills at most `capacity` ranges, in order, and returns their number; all
 * pages before *resume (at most `end`) have then been looked at. -1 when the
 * system cannot tell: nothing is known then. Never blocks; usable in a signal
 * handler and in the child of any kind of fork.
 */
int lz_os_find_populated(enum lz_os_oracle oracle, char *start, char *end,
                         struct lz_os_range *ranges, int capacity,
                         char **resume);

/*
 * To be called before such a range is written. can_write is false where a write
 * would end the process, as in a page that was marked as poison; is_present
 * also where pages were swapped out.
 */
bool lz_os_can_write(const struct lz_os_range *range);
bool lz_os_is_present(const struct lz_os_range *range);

/*
 * False when the range is no longer what lz_os_map made it: not one
 * mapping, private, of no file, readable and writable. True where the system
 * cannot tell (Linux before 6.11).
 */
bool lz_os_is_plain(char *start, size_t length);

/*
 * True only where the range, of which nothing is known, surely is
 * private anonymous memory, readable and writable.
 */
bool lz_os_is_surely_plain(char *start, size_t length);

/* Makes the pages resident and writable, contents kept. 0, or an errno value:
 * ENOSYS where the system has no such call. */
int lz_os_populate(void *start, size_t length);

/*
 * Takes back the advice about a range that does not change what it holds
 * or means: an order of use, not to be dumped, to be merged. False: the system
 * refuses.
 */
bool lz_os_take_advice_back(char *start, size_t length);

/*
 * As lz_os_is_plain, for a range that gets a new owner: advice, locks
 * and, where the system cannot tell, protection that the old owner left behind
 * are taken back. False: unmap it. The last page of the range must be slack
 * that the program had no reason to touch.
 */
bool lz_os_make_plain(char *start, size_t length);

/*
 * From now on the system is asked nothing. This is for a sandbox that
 * kills the process for any call but mmap, munmap, mremap and madvise. No file
 * is opened, and a block that the program treated is not reused
 * (lz_os_make_plain is false).
 */
void lz_os_ask_nothing(void);

/*
 * Does this run on an alternate signal stack (sigaltstack(2))? It may
 * have only a few hundred bytes left. False after lz_os_ask_nothing.
 */
bool lz_os_is_on_signal_stack(void);

/* False when a part of the range is not mapped (after a fork, say). */
bool lz_os_is_mapped(char *start, size_t length);

/*
 * Whether the children of fork get the range. 0, or an errno value and
 * then a part of it may have been changed; ENOSYS where the system has no such
 * call.
 */
int lz_os_inherit(void *start, size_t length, bool inherited);

/*
 * True when lz_os_discard makes such memory read as zeros, unless it fails.
 * Tried once on a page of our own: QEMU's user mode and some systems keep the
 * contents.
 */
bool lz_os_discard_zeroes(void);

/*
 * Bytes of memory that this process may use at most; an estimate. 0:
 * that cannot be told. Not to be called after lz_os_ask_nothing.
 */
size_t lz_os_memory_size(void);

/*
 * Bytes that this process could still use before the machine, or a
 * control group that it is in, runs out of memory: an estimate, in which caches
 * of files count as free. SIZE_MAX: that cannot be told. Not to be called after
 * lz_os_ask_nothing.
 */
size_t lz_os_memory_free(void);

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

/* Writes to standard error in one go; what cannot be written is lost. */
void lz_os_write_error(const char *text, size_t length);

/* Writes all of it. 0, or an errno value. */
int lz_os_write(int fd, const char *text, size_t length);

/* A file that we write to, in a program that may close any descriptor. */
struct lz_os_file {
    int fd;
    uint64_t device, inode;
    bool was_empty; /* when it was opened */
};

/*
 * Opens it, or creates it for all to read and write that the umask allows, for
 * writing at its end (or, truncated, at its start). 0, or an errno value.
 */
int lz_os_file_open(struct lz_os_file *file, const char *path, bool truncate);

/*
 * Writes all of it. 0, or an errno value: ESTALE, and nothing is written, where
 * the program closed the descriptor or put another file under its number.
 */
int lz_os_file_write(const struct lz_os_file *file, const char *text,
                     size_t length);

void lz_os_file_close(struct lz_os_file *file);

/* rename(2): 0 or an errno value. And unlink(2), whatever comes of it. */
int lz_os_file_rename(const char *from, const char *to);
void lz_os_file_remove(const char *path);

/*
 * Descriptors that stay open get numbers from here on: out of the way of
 * programs that count on low ones, but within the 64 of Linux's first table. A
 * larger table takes long to make in a program with threads (doc/design.md),
 * and each fork copies it up to the highest number.
 */
#define LZ_OS_FD_LEAST 56

/*
 * open(2), close(2) and write(2), whose wrappers in libc may be
 * cancellation points. These change errno.
 */
int lz_os_open(const char *path, int flags, unsigned mode);
void lz_os_close(int fd);
long lz_os_write_some(int fd, const char *text, size_t length);

/*
 * Moves a descriptor that is to stay open out of the way; the new one, never 0
 * to 2, or -1 and it is closed. Changes errno.
 */
int lz_os_fd_raise(int low);

/*
 * Maps a regular file of at least a byte for reading and writing, shared with
 * whoever maps it too; no descriptor stays open. 0 and the mapping with the
 * file's size, or an errno value. Of use before threads only: it is a
 * cancellation point.
 */
int lz_os_share_file(const char *path, void **start, size_t *size);

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

/*
 * jemalloc has started: from now on a function of libc's that another library
 * has taken may allocate (next.h).
 */
void lz_os_set_started(void);

/*
 * The backend's own view of memory (see backend.h): mmap, munmap, and
 * madvise and sbrk, with their usual arguments and results, but keeping errno.
 * Errors are as in the manual pages: MAP_FAILED, -1, (void *)-1. Names of
 * their own, so that units count a region's mappings without the backend's.
 */
void *lz_os_heap_map(void *hint, size_t length, int prot, int flags);
int lz_os_heap_unmap(void *start, size_t length);
int lz_os_heap_advise(void *start, size_t length, int advice);
void *lz_os_heap_break(intptr_t increment);

/*
 * clock_gettime(2); early: by the kernel, not by a library that is
 * preloaded too and allocates to answer (libfaketime).
 */
int lz_os_heap_clock(clockid_t clock, struct timespec *now, bool early);

#endif
