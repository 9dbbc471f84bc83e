/* SPDX-License-Identifier: MIT */
/*
 * The attack: random sequences of what a program may do to its own blocks, with
 * the calls of the allocator in between, against a model that knows every page.
 * A run is a seed and a number of steps; a failure prints the command that
 * repeats it.
 *
 *   attack.c           the arguments and the threads
 *   attack_steps.c     one step, and who may take one at the same time
 *   attack_report.c    failures, and what is left at the end
 *   attack_pages.c     what is known of each page of a block
 *   attack_blocks.c    allocate, resize, zero, free
 *   attack_advice.c    advise, protect, lock, name
 *   attack_holes.c     take pages out, map others in, and who moves into holes
 *   attack_faults.c    userfaultfd
 *   attack_children.c  fork
 */
#ifndef STRESS_ATTACK_H
#define STRESS_ATTACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KIB ((size_t)1 << 10)
#define MIB ((size_t)1 << 20)

/* What a page may hold (any of these), and what stands in the way. */
enum {
    ZERO = 1,
    DATA = 2, /* the block's pattern */
    DIRT = 4, /* what the fault handler puts there */
    OTHER = 8,
    NO_ACCESS = 16,
    READ_ONLY = 32,
    GUARDED = 64,
    FOREIGN = 128, /* another mapping: neither looked at nor written */
    CONTENTS = ZERO | DATA | DIRT | OTHER,
    SHUT = NO_ACCESS | GUARDED | FOREIGN,
};

enum { PAGES_MOST = 5120, OWN = 10, STRANGERS = 8, THREADS_MOST = 8 };

struct block {
    unsigned char *p; /* NULL: no block */
    size_t n;         /* usable bytes */
    size_t pages;     /* whole ones, counted from p */
    uint64_t seed;
    bool is_large;  /* a mapping of its own */
    bool is_wiped;  /* partly: zero in a child */
    bool is_absent; /* partly: not in a child */
    uint8_t state[PAGES_MOST];
};

/* A mapping that moved into a hole, or that was moved out of a block. */
struct stranger {
    unsigned char *p;
    size_t pages;
    uint64_t seed;
};

struct worker {
    unsigned number;
    uint64_t random, step, done[8];
    const char *call;
    bool is_child;
    struct block blocks[OWN];
    struct stranger strangers[STRANGERS];
};

extern _Thread_local struct worker *me;

struct run {
    uint64_t seed, steps;
    unsigned threads, faults;
    size_t page, threshold; /* the library's own */
    unsigned empty; /* what a page without memory may hold: ZERO, or DIRT too */
    int file;       /* of FILE_SIZE bytes of FILE_BYTE */
};

extern struct run run;

enum { FILE_BYTE = 0x3c };
#define FILE_SIZE (2 * MIB)

/* --- attack_steps.c --- */

void steps_begin(void); /* once */
void steps_end(void);   /* in each thread */

/* Nobody writes to the file, which is mapped over blocks. */
void steps_make_file(void);
void steps_check_file(void);

uint64_t random_next(void);
size_t random_below(size_t n); /* n at least 1 */
bool random_chance(unsigned of);

void steps_take(void);
void steps_check_all(void);
void steps_free_all(void);

/*
 * While a hole is open, nobody else may map anything: it would be freed with
 * the block, as under any other allocator.
 */
void steps_begin_alone(void);
void steps_end_alone(void);

/* --- attack_report.c --- */

_Noreturn void report_failure(const char *format, ...)
    __attribute__((format(printf, 1, 2)));
void report_signals(void);

/* How many mappings the process has; and what is left when all is freed. */
size_t report_mappings(void);
void report_left(size_t mappings_before);

/* --- attack_pages.c --- */

/* A range of whole pages of the block, not empty; false: it cannot be treated.
 */
bool pages_pick(const struct block *block, size_t *from, size_t *to);
bool pages_are(const struct block *block, size_t from, size_t to,
               unsigned flags); /* is any of them so? */
void pages_set(struct block *block, size_t from, size_t to, unsigned state);
void pages_may_be(struct block *block, size_t from, size_t to, unsigned state);

/* All as that, but for what stands in the way. */
void pages_hold(struct block *block, size_t from, size_t to, unsigned contents);

/* Makes them accessible, but for foreign ones. */
void pages_open(struct block *block, size_t from, size_t to);
void pages_write(struct block *block, size_t from, size_t to);
void pages_check(struct block *block, size_t from, size_t to);

/* The pattern of one page, anywhere. */
void pages_fill(unsigned char *at, uint64_t seed, size_t index);
bool pages_holds(const unsigned char *at, uint64_t seed, size_t index,
                 unsigned state);

/* --- attack_blocks.c --- */

void blocks_make(struct block *block);
void blocks_join(void);
void blocks_resize(struct block *block);

/* A shrink that moves nothing. */
void blocks_shrink(struct block *block);
void blocks_zero(struct block *block);
void blocks_free(struct block *block);

/* --- attack_advice.c --- */

void advice_give(struct block *block);
void advice_protect(struct block *block);
void advice_lock(struct block *block);
void advice_name(struct block *block);

/* Before a block of the heap is freed. */
void advice_take_back(struct block *block);

/* --- attack_holes.c --- */

/* Takes pages out and frees the block; others move in. */
void holes_free(struct block *block);
void holes_fill(struct block *block);
void holes_move_out(struct block *block);
void holes_settle(unsigned char *at, size_t pages);
void holes_check(struct stranger *stranger);
void holes_drop(struct stranger *stranger);

/* --- attack_faults.c --- */

void faults_start(void);
void faults_register(struct block *block);
void faults_unregister(struct block *block);

/* --- attack_children.c --- */

void children_make(void);

#endif
