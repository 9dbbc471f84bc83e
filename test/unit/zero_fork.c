/* SPDX-License-Identifier: MIT */
/*
 * A signal handler may fork at any moment of a look at the page table, and the
 * child go on with the look: in the middle of opening the pagemap, between the
 * opening and the note of whose it is, between a proof and the question. Here a
 * fork happens at each system call of a look in turn. What the child then
 * believes must be true of the child, whose pages are other ones.
 */
#include <stdarg.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include "os/os.h"
#include "support.h"

WRAPPED(int, ioctl, int fd, unsigned long request, ...);
WRAPPED(long, syscall, long number, ...);

enum { PAGES = 32, CALLS_MOST = 40 };

static size_t page;
static char *block;
static int calls, fork_at; /* the fork_at-th call forks; 0: none */
static bool fork_after;    /* after the call, else before it */
static bool in_child;
static bool answered; /* the kernel has answered this look's question */
static bool excused;  /* so it had when the fork happened */
static pid_t child;

/* In the child the odd pages are populated, in the parent the even ones. */
static void
fork_like_a_handler(void)
{
    int saved = errno;

    fork_at = 0;
    child = fork();
    cr_assert_geq(child, 0);
    if (child == 0) {
        in_child = true;
        excused = answered;
        alarm(patiently(30));
        madvise(block, PAGES * page, MADV_DONTNEED);
        for (size_t i = 1; i < PAGES; i += 2)
            block[i * page] = 1;
    }
    errno = saved;
}

static bool
is_the_call(void)
{
    return ++calls == fork_at;
}

int
__wrap_ioctl(int fd, unsigned long request, ...)
{
    bool now = is_the_call();
    int result;
    void *arg;
    va_list args;

    va_start(args, request);
    arg = va_arg(args, void *);
    va_end(args);
    if (now && !fork_after)
        fork_like_a_handler();
    result = __real_ioctl(fd, request, arg);
    answered = true;
    if (now && fork_after)
        fork_like_a_handler();
    return result;
}

long
__wrap_syscall(long number, ...)
{
    bool now = is_the_call();
    long arg[6], result;
    va_list args;

    va_start(args, number);
    for (int i = 0; i < 6; i++)
        arg[i] = va_arg(args, long);
    va_end(args);
    if (now && !fork_after)
        fork_like_a_handler();
    result =
        __real_syscall(number, arg[0], arg[1], arg[2], arg[3], arg[4], arg[5]);
    /* A read of two entries is the library's own proof, no question. */
    if (number == SYS_preadv && ((const struct iovec *)arg[1])->iov_len > 16)
        answered = true;
    if (now && fork_after)
        fork_like_a_handler();
    return result;
}

/*
 * Is every page that is populated here among the listed ones? An answer from
 * before the fork was true of both processes then; that the handler populates
 * pages afterwards is the handler's doing.
 */
static bool
look(enum lz_os_oracle oracle)
{
    struct lz_os_range ranges[PAGES];
    char *resume = block;
    bool listed[PAGES] = {false};
    int count;

    answered = false;
    count = lz_os_find_populated(oracle, block, block + PAGES * page, ranges,
                                 PAGES, &resume);
    if (excused) {
        excused = false;
        return true;
    }
    if (count < 0)
        return true; /* does not know, and so writes all */
    for (int i = 0; i < count; i++) {
        for (uint64_t a = ranges[i].start; a < ranges[i].end; a += page)
            listed[(a - (uintptr_t)block) / page] = true;
    }
    for (size_t i = in_child; i < PAGES; i += 2) {
        if (block + i * page < resume && !listed[i])
            return false;
    }
    return true;
}

static bool
looks_are_right(enum lz_os_oracle oracle)
{
    for (int i = 0; i < 4; i++) {
        if (!look(oracle))
            return false;
    }
    return true;
}

/* In a process of its own, which has never looked; false: no such call. */
static bool
fork_at_call(enum lz_os_oracle oracle, int at, bool after, bool looked_before)
{
    int status;
    pid_t fresh = fork();
    bool right;

    if (fresh == 0) {
        alarm(patiently(30));
        if (looked_before)
            look(oracle);
        calls = 0;
        fork_after = after;
        fork_at = at;
        right = looks_are_right(oracle);
        if (in_child)
            _exit(right ? 0 : 1);
        if (child > 0 && (waitpid(child, &status, 0) != child || status != 0))
            right = false;
        _exit(!right ? 1 : child > 0 ? 0 : 2);
    }
    cr_assert_eq(waitpid(fresh, &status, 0), fresh);
    cr_assert(WIFEXITED(status));
    cr_expect_neq(WEXITSTATUS(status), 1,
                  "oracle %d, fork %s call %d, %s look: a populated page is "
                  "missing",
                  (int)oracle, after ? "after" : "before", at,
                  looked_before ? "later" : "first");
    return WEXITSTATUS(status) != 2;
}

static void
fork_at_each_call(enum lz_os_oracle oracle)
{
    int forks = 0;

    page = lz_os_page_size();
    block = mmap(NULL, PAGES * page, PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    cr_assert_neq(block, MAP_FAILED);
    madvise(block, PAGES * page, MADV_NOHUGEPAGE);
    for (size_t i = 0; i < PAGES; i += 2)
        block[i * page] = 1;
    for (int variant = 0; variant < 4; variant++) {
        for (int at = 1; at <= CALLS_MOST; at++) {
            if (!fork_at_call(oracle, at, variant & 1, variant & 2))
                break;
            forks++;
        }
    }
    /* Not one look in vain: a first look makes at least three calls. */
    cr_expect_geq(forks, 12);
}

Test(zero_fork, in_each_call_of_a_scan)
{
    fork_at_each_call(LZ_OS_ORACLE_SCAN);
}

Test(zero_fork, in_each_call_of_a_pagemap_read)
{
    fork_at_each_call(LZ_OS_ORACLE_PAGEMAP);
}
