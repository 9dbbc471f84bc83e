/* SPDX-License-Identifier: MIT */
/*
 * The model test: long random sequences of the whole API, against a model that
 * knows every byte. A run is a seed and a number of steps; one thread does the
 * same in every run, and a failure prints the command that repeats it.
 *
 *   model.c           the threads and their steps
 *   model_sizes.c     which sizes and alignments: mostly the routes' edges
 *   model_contents.c  what is known of a block's bytes
 *   model_calls.c     the calls, and what each of them promises
 *   model_children.c  fork, vfork and clone in between
 */
#ifndef STRESS_MODEL_H
#define STRESS_MODEL_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define KIB ((size_t)1 << 10)
#define MIB ((size_t)1 << 20)
#define GIB ((size_t)1 << 30)

/* Looked at in full; of larger blocks the program uses only pieces. */
#define FULL_MOST (64 * MIB)

/* What is known of [the previous piece's end, end) of a block. */
struct piece {
    size_t end;
    enum { ANYTHING, VALUE, PATTERN } kind;
    uint64_t seed; /* of the pattern; the value */
};

enum { PIECES = 12 };

/* Which calls may resize or free it. */
enum family { LIBC, LIBC_ALIGNED, JEMALLOC, CXX };

struct block {
    unsigned char *p; /* NULL: no block */
    size_t n;         /* asked for */
    size_t usable;
    size_t align; /* asked for; 1 where none was */
    enum family family;
    int count;
    struct piece pieces[PIECES];
};

enum { OWN = 20 };

struct worker {
    pthread_t thread;
    unsigned number;
    uint64_t random;
    uint64_t step, steps;
    uint64_t made, resized, zeroed, children, bytes; /* done so far */
    const char *call;                                /* the last one */
    size_t call_n, call_align;
    bool is_child;
    struct block *own[OWN];
};

extern _Thread_local struct worker *me;

/* The run, as main was told. */
struct run {
    uint64_t seed, steps;
    unsigned threads;
    size_t threshold; /* the library's own */
    bool background;  /* the library has a thread */
    size_t sure_most; /* up to here every request must succeed */
};

extern struct run run;

/* One line, with the command that repeats it; ends the process. */
_Noreturn void model_fail(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

/* One random step of this thread's. */
void model_step(void);

/* Of each of this thread's blocks: is it as it should be; and free it. */
void model_check_all(void);
void model_free_all(void);

/* --- model_sizes.c --- */

uint64_t random_next(void);
size_t random_below(size_t n);   /* n at least 1 */
bool random_chance(unsigned of); /* one in `of` */
size_t random_size(void);        /* may be beyond what there is */
size_t random_modest_size(void); /* at most FULL_MOST */
size_t random_align(void);       /* 1 to 8 MiB */

/* --- model_contents.c --- */

void contents_start(struct block *block, bool zero);

/* Writes a new pattern to [from, to). */
void contents_fill(struct block *block, size_t from, size_t to);

/* Before contents_note_value, and before the bytes are set. */
void contents_make_room(struct block *block);

/* Takes note that [from, to) was set to a value. */
void contents_note_value(struct block *block, size_t from, size_t to,
                         unsigned char value);

/* After a resize, when block->usable is the new size and `kept` bytes stay. */
void contents_resize(struct block *block, size_t kept, bool zero);

/* Fails where a byte of [from, to), or of the block, is not as known. */
void contents_check_part(struct block *block, size_t from, size_t to);
void contents_check(struct block *block);

/* --- model_calls.c --- */

/* Gives an empty block memory, if there is as much. */
void calls_make(struct block *block);
void calls_resize(struct block *block);
void calls_free(struct block *block);

/* memset to zero or something else, at an offset that the engine cares for. */
void calls_set(struct block *block);

/* Requests that must be refused, and leave everything alone. */
void calls_refused(struct block *block);
void calls_trim(void);

/* --- model_children.c --- */

/* A child that goes on from here for some steps, while this thread waits. */
void children_make(void);

#endif
