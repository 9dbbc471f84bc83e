/* SPDX-License-Identifier: MIT */
/*
 * What differs between systems, and nothing else asks which system this is.
 * One file a system implements it, chosen in CMakeLists.txt.
 */
#ifndef HOST_H
#define HOST_H

#include <stdbool.h>
#include <sys/types.h>

/* "liblazyzero.so", and the variable that makes the dynamic linker load it. */
extern const char host_library_name[];
extern const char host_preload_variable[];

/* What separates the names in that variable. */
extern const char host_preload_separators[];

/* Wherever a library is named that comes into each process, for messages. */
extern const char host_preload_places[];

/* Where libraries are installed; ends with NULL. */
extern const char *const host_library_folders[];

/* "libjemalloc" and "2": "libjemalloc.so.2". The caller's memory. */
char *host_library_file(const char *stem, const char *version);

/* The path of this executable; NULL where the system does not tell. */
char *host_own_path(void);

/* Bytes in one unit of ru_maxrss (getrusage(2)). */
extern const double host_peak_unit;

/* The resident memory of a process in bytes; 0 where it is not told. */
double host_resident(pid_t process);

/*
 * The memory in bytes of a process and its descendants together, where what
 * several share counts once (PSS). 0: it has none, or the system does not tell.
 * It walks their page tables: a millisecond or so a gigabyte.
 */
double host_tree_memory(pid_t process);

/*
 * Looks at each process of a program just before it ends. `pid` is a child of
 * ours that waits and is not yet the program. Each process is stopped for some
 * 50 us when it starts another one, gets a signal, and ends. Processes that a
 * thread other than the main one starts are not seen. NULL: the system has no
 * such thing, or forbids it. Signals are blocked.
 */
struct host_ends *host_ends_start(pid_t pid);

/* Returns after that child ended, and before anybody has waited for it. What it
 * left running is let go. */
void host_ends_wait(struct host_ends *ends);

/*
 * The resident memory in bytes that the process with the highest peak had when
 * it ended; NAN if that was none of those seen. *peak is that of the largest
 * process by getrusage(2), which may be some pages too low, and is raised to
 * what was seen. Releases `ends`.
 */
double host_ends_memory(struct host_ends *ends, double *peak);

/*
 * Page faults so far that brought a huge page, of the whole system; NAN where
 * it does not tell. And the bytes of such a page; 0 where there are none.
 */
double host_huge_faults(void);
double host_huge_size(void);

/* "Linux 6.1.0 x86_64, 2 cores, 4 KiB pages". The caller's memory. */
char *host_describe(void);

/*
 * Why the dynamic linker will take no preload for this executable: it changes
 * privileges, or the system protects it. NULL: it will. The caller's memory.
 */
char *host_privilege(const char *executable);

/* Is it set-user-ID or set-group-ID, to another than ours? In host_posix.c. */
bool host_changes_user(const char *executable);

/* May change the environment of a process about to start, so that the dynamic
 * linker writes into `folder` which libraries serve it. */
void host_trace_bindings(const char *folder);

enum host_proof {
    HOST_SERVED,     /* the library's malloc was the process's */
    HOST_NOT_SERVED, /* it was another's */
    HOST_UNKNOWN,    /* the dynamic linker does not tell here */
};

/* What it wrote there about the process and the library, a whole path. */
enum host_proof host_read_bindings(const char *folder, pid_t pid,
                                   const char *library);

#endif
