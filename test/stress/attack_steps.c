/* SPDX-License-Identifier: MIT */
/* One step, and who may take one at the same time. */
#include <malloc.h>
#include <pthread.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "attack.h"

enum { HANG_SECONDS = 200 };

static pthread_rwlock_t quiet;

void
steps_begin(void)
{
    pthread_rwlockattr_t kind;

    pthread_rwlockattr_init(&kind);
    pthread_rwlockattr_setkind_np(&kind,
                                  PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
    pthread_rwlock_init(&quiet, &kind);
}

void
steps_make_file(void)
{
    static unsigned char bytes[64 * KIB];

    run.file = (int)syscall(SYS_memfd_create, "attack", 0);
    memset(bytes, FILE_BYTE, sizeof(bytes));
    for (size_t at = 0; at < FILE_SIZE; at += sizeof(bytes)) {
        if (pwrite(run.file, bytes, sizeof(bytes), (off_t)at) < 0)
            report_failure("no file in memory");
    }
}

uint64_t
random_next(void)
{
    me->random ^= me->random << 13;
    me->random ^= me->random >> 7;
    me->random ^= me->random << 17;
    return me->random * UINT64_C(0x2545f4914f6cdd1d);
}

size_t
random_below(size_t n)
{
    return (size_t)((random_next() >> 11) % n);
}

bool
random_chance(unsigned of)
{
    return random_below(of) == 0;
}

/* A child has one thread, and the lock as others left it. */
void
steps_begin_alone(void)
{
    if (!me->is_child) {
        pthread_rwlock_unlock(&quiet);
        pthread_rwlock_wrlock(&quiet);
    }
}

void
steps_end_alone(void)
{
    if (!me->is_child) {
        pthread_rwlock_unlock(&quiet);
        pthread_rwlock_rdlock(&quiet);
    }
}

static void
use(struct block *block)
{
    size_t from, to;

    if (!pages_pick(block, &from, &to))
        return;
    me->call = "use";
    if (random_chance(2))
        pages_check(block, from, to);
    me->call = "use";
    if (random_chance(2) && to - from > 64)
        to = from + 64;
    pages_write(block, from, to);
}

static void
treat(struct block *block)
{
    static void (*const ways[])(struct block *) = {
        use,
        use,
        advice_give,
        advice_give,
        advice_give,
        advice_give,
        advice_protect,
        advice_lock,
        advice_name,
        blocks_resize,
        blocks_resize,
        blocks_shrink,
        blocks_zero,
        blocks_free,
        blocks_free,
        holes_free,
        holes_fill,
        holes_move_out,
        faults_register,
        faults_register,
    };

    ways[random_below(sizeof(ways) / sizeof(ways[0]))](block);
}

/* Nobody writes to the file, which was mapped over blocks. */
void
steps_check_file(void)
{
    static _Thread_local unsigned char bytes[64 * KIB];

    me->call = "look at the file";
    for (size_t at = 0; at < FILE_SIZE; at += sizeof(bytes)) {
        if (pread(run.file, bytes, sizeof(bytes), (off_t)at) !=
            (ssize_t)sizeof(bytes))
            report_failure("the file cannot be read");
        for (size_t i = 0; i < sizeof(bytes); i++) {
            if (bytes[i] != FILE_BYTE)
                report_failure("byte %zu of the file is %02x", at + i,
                               bytes[i]);
        }
    }
}

/* Under the lock, since it allocates. */
static void
check_now_and_then(void)
{
    if (me->step % 64 == 0)
        alarm(HANG_SECONDS);
    if (me->step % 256 == 255) {
        steps_check_file();
        if (report_mappings() > 1000 + 1000 * run.threads)
            report_failure("%zu mappings", report_mappings());
    }
}

/* What was just made is used at once as a rule. */
void
steps_take(void)
{
    struct block *block = &me->blocks[random_below(OWN)];
    size_t r = random_below(60);

    if (!me->is_child)
        pthread_rwlock_rdlock(&quiet);
    if (r == 0)
        children_make();
    else if (r == 1)
        malloc_trim(0);
    else if (r == 2)
        holes_drop(&me->strangers[random_below(STRANGERS)]);
    else if (r == 3 || r == 4)
        blocks_join();
    else if (block->p != NULL)
        treat(block);
    else
        blocks_make(block);
    if (block->p != NULL && random_chance(3))
        use(block);
    if (!me->is_child)
        check_now_and_then();
    if (!me->is_child)
        pthread_rwlock_unlock(&quiet);
}

void
steps_check_all(void)
{
    for (size_t i = 0; i < OWN; i++) {
        if (me->blocks[i].p != NULL)
            pages_check(&me->blocks[i], 0, me->blocks[i].pages);
    }
    for (size_t i = 0; i < STRANGERS; i++)
        holes_check(&me->strangers[i]);
    steps_check_file();
}

void
steps_free_all(void)
{
    for (size_t i = 0; i < OWN; i++)
        blocks_free(&me->blocks[i]);
    for (size_t i = 0; i < STRANGERS; i++)
        holes_drop(&me->strangers[i]);
}

void
steps_end(void)
{
    pthread_rwlock_rdlock(&quiet);
    steps_check_all();
    steps_free_all();
    pthread_rwlock_unlock(&quiet);
}
