/* SPDX-License-Identifier: MIT */
/*
 * Which of the kernel's answers about its own memory the library believes. Each
 * test that depends on a kernel's call makes the call itself as well. If it
 * works, the library must answer; if it does not, the library must say that it
 * does not know.
 */
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "os/os.h"
#include "support.h"

/* QEMU's user mode ignores advice, and answers success. */
WRAPPED(int, lz_os_heap_advise, void *start, size_t length, int advice);

static bool advice_is_ignored;
static bool may_do_without; /* no answer is fine, a wrong one is not */

int
__wrap_lz_os_heap_advise(void *start, size_t length, int advice)
{
    return advice_is_ignored ? 0
                             : __real_lz_os_heap_advise(start, length, advice);
}

WRAPPED(void *, lz_os_heap_map, void *hint, size_t length, int prot, int flags);

/* MAP_DROPPABLE, and no MAP_PRIVATE, is a type that it refuses. */
void *
__wrap_lz_os_heap_map(void *hint, size_t length, int prot, int flags)
{
    if (advice_is_ignored && (flags & 0x0f) == 0x08)
        return MAP_FAILED;
    return __real_lz_os_heap_map(hint, length, prot, flags);
}

/* It does not know PAGEMAP_SCAN, call 16 of 'f', either. */
WRAPPED(int, ioctl, int fd, unsigned long request, ...);

int
__wrap_ioctl(int fd, unsigned long request, ...)
{
    va_list rest;
    void *arg;

    va_start(rest, request);
    arg = va_arg(rest, void *);
    va_end(rest);
    /* _IOC_TYPE and _IOC_NR, which musl lacks. */
    if (advice_is_ignored && (request >> 8 & 0xff) == 'f' &&
        (request & 0xff) == 16) {
        errno = ENOTTY;
        return -1;
    }
    return __real_ioctl(fd, request, arg);
}

#define PAGES 64

#define SCAN LZ_OS_ORACLE_SCAN
#define PAGEMAP LZ_OS_ORACLE_PAGEMAP

static size_t page;
static char *block; /* PAGES pages, none of them populated */
static pid_t test_process;

/*
 * As cr_assert; but a child of the test's that failed it would go on as a
 * second test process, and both would wait for ever.
 */
#define ASSERT(x, ...)                             \
    do {                                           \
        bool is_right = (x);                       \
                                                   \
        if (!is_right && getpid() != test_process) \
            _exit(1);                              \
        cr_assert(is_right, #x " " __VA_ARGS__);   \
    } while (0)

static char *
map_pages(size_t count, int flags, int fd)
{
    char *p = mmap(NULL, count * page, PROT_READ | PROT_WRITE, flags, fd, 0);

    cr_assert_neq(p, MAP_FAILED);
    return p;
}

static void
set_up(void)
{
    test_process = getpid();
    page = lz_os_page_size();
    block = map_pages(PAGES, MAP_PRIVATE | MAP_ANONYMOUS, -1);
    madvise(block, PAGES * page, MADV_NOHUGEPAGE);
}

TestSuite(zero_proc, .init = set_up);

/* --- the test's own question to the kernel ------------------------------- */

/* The first two calls on /proc/PID files, with arguments of so many words. */
static bool
kernel_answers(const char *path, unsigned call, size_t words, size_t address)
{
    /* About the page that `arg` lies on, always there. */
    uint64_t arg[16] = {words * 8};
    int fd = open(path, O_RDONLY | O_CLOEXEC), result;

    ASSERT(words <= 16);
    arg[address] = lz_round_down((uintptr_t)arg, page);
    result = fd < 0 ? -1 : ioctl(fd, _IOC(3u, 'f', call, words * 8), arg);
    close(fd);
    return result >= 0;
}

static bool
kernel_scans(void)
{
    return kernel_answers("/proc/self/pagemap", 16, 12, 2);
}

static bool
kernel_describes_mappings(void)
{
    return kernel_answers("/proc/self/maps", 17, 13, 2);
}

static bool
kernel_has_pagemap(void)
{
    return access("/proc/self/pagemap", R_OK) == 0;
}

static bool
kernel_answers_oracle(enum lz_os_oracle oracle)
{
    return oracle == LZ_OS_ORACLE_SCAN ? kernel_scans() : kernel_has_pagemap();
}

/* --- which pages --------------------------------------------------------- */

/* A page each: which are listed as populated. False: no answer. */
static bool
list_populated(enum lz_os_oracle oracle, int capacity, bool *listed)
{
    struct lz_os_range ranges[PAGES];
    char *at = block, *end = block + PAGES * page, *resume;

    memset(listed, false, PAGES * sizeof(*listed));
    while (at < end) {
        int count =
            lz_os_find_populated(oracle, at, end, ranges, capacity, &resume);

        if (count < 0)
            return false;
        ASSERT(count <= capacity);
        ASSERT(resume > at && resume <= end);
        for (int i = 0; i < count; i++) {
            ASSERT(ranges[i].start >= (uintptr_t)at);
            ASSERT(ranges[i].end <= (uintptr_t)resume);
            for (uint64_t a = ranges[i].start; a < ranges[i].end; a += page)
                listed[(a - (uintptr_t)block) / page] = true;
        }
        at = resume;
    }
    return true;
}

static void
expect_listed(enum lz_os_oracle oracle, int capacity, const bool *expected)
{
    bool listed[PAGES];

    if (!list_populated(oracle, capacity, listed)) {
        ASSERT(may_do_without || !kernel_answers_oracle(oracle));
        return;
    }
    for (size_t i = 0; i < PAGES; i++)
        ASSERT(listed[i] == expected[i], "page %zu, %d ranges, oracle %d", i,
               capacity, (int)oracle);
}

static void
expect_listed_by_each(const bool *expected)
{
    for (int capacity = 1; capacity <= PAGES; capacity = capacity * 2 + 1) {
        expect_listed(SCAN, capacity, expected);
        expect_listed(PAGEMAP, capacity, expected);
    }
}

Test(zero_proc, fresh_memory)
{
    const bool none[PAGES] = {false};

    expect_listed_by_each(none);
}

Test(zero_proc, written_pages)
{
    bool expected[PAGES] = {false};

    for (size_t i = 0; i < PAGES; i += 1 + i / 4) {
        block[i * page + i] = 1;
        expected[i] = true;
    }
    expect_listed_by_each(expected);
}

Test(zero_proc, every_page_written)
{
    bool expected[PAGES];

    memset(expected, true, sizeof(expected));
    memset(block, 1, PAGES * page);
    expect_listed_by_each(expected);
}

/*
 * The shared zero page need not be written; a plain pagemap cannot tell it. A
 * kernel without one gives the reader a page of its own, which is listed.
 */
Test(zero_proc, pages_that_were_only_read)
{
    bool expected[PAGES] = {false}, has_zero_page = kernel_has_zero_page();

    for (size_t i = 0; i < PAGES; i += 3) {
        cr_assert_eq(((volatile char *)block)[i * page], 0);
        expected[i] = !has_zero_page;
    }
    expect_listed(SCAN, PAGES, expected);
}

Test(zero_proc, discarded_pages)
{
    bool expected[PAGES];

    memset(expected, true, sizeof(expected));
    memset(expected + 10, false, 20 * sizeof(bool));
    memset(block, 1, PAGES * page);
    cr_assert_eq(lz_os_discard(block + 10 * page, 20 * page), 0);
    expect_listed_by_each(expected);
}

Test(zero_proc, the_answer_keeps_errno)
{
    struct lz_os_range range;
    char *resume;

    for (int round = 0; round < 3; round++) {
        errno = ERRNO_MARK;
        lz_os_find_populated(SCAN, block, block + page, &range, 1, &resume);
        lz_os_find_populated(PAGEMAP, block, block + page, &range, 1, &resume);
        lz_os_is_plain(block, page);
        lz_os_make_plain(block, page);
        lz_os_is_mapped(block, page);
        EXPECT_ERRNO_KEPT();
    }
}

/* --- whose descriptor ---------------------------------------------------- */

static const char *const names[] = {"/pagemap", "/maps"};

/* The library's descriptor, found by what it leads to; -1 when none is open. */
static int
find_descriptor(const char *name)
{
    char path[64], target[64];

    for (int fd = 0; fd < 400; fd++) {
        ssize_t length;

        snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
        length = readlink(path, target, sizeof(target) - 1);
        target[length < 0 ? 0 : length] = '\0';
        if (strstr(target, name) != NULL && strncmp(target, "/proc/", 6) == 0)
            return fd;
    }
    return -1;
}

static int
count_descriptors(void)
{
    int count = 0;

    for (int fd = 0; fd < 400; fd++)
        count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

/* Every second page is populated, and that is what the library must say. */
static void
expect_right_answers(void)
{
    bool expected[PAGES];

    for (size_t i = 0; i < PAGES; i++) {
        expected[i] = i % 2 == 0;
        if (expected[i])
            block[i * page] = 1;
    }
    expect_listed(SCAN, PAGES, expected);
    expect_listed(PAGEMAP, PAGES, expected);
    ASSERT(lz_os_is_plain(block, PAGES * page));
}

Test(zero_proc, the_descriptors_keep_out_of_the_way)
{
    expect_right_answers();
    for (size_t i = 0; i < 2; i++) {
        int fd = find_descriptor(names[i]);

        cr_assert_geq(fd, LZ_OS_FD_LEAST);
        cr_assert_lt(fd, 64, "makes the kernel's table grow");
        cr_assert_eq(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    }
}

Test(zero_proc, one_descriptor_a_file)
{
    int count;

    expect_right_answers();
    count = count_descriptors();
    for (int i = 0; i < 20; i++)
        expect_right_answers();
    cr_expect_eq(count_descriptors(), count);
}

Test(zero_proc, a_low_limit_on_descriptors)
{
    struct rlimit limit = {50, 50};

    cr_assert_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    expect_right_answers();
}

Test(zero_proc, closed_by_the_program)
{
    for (int round = 0; round < 3; round++) {
        expect_right_answers();
        for (size_t i = 0; i < 2; i++)
            cr_assert_eq(close(find_descriptor(names[i])), 0);
    }
    expect_right_answers();
}

/* What the program put there is the program's: it is neither used nor closed.
 */
Test(zero_proc, replaced_by_another_file)
{
    int fds[2], other = open("/dev/zero", O_RDONLY);
    struct stat expected, got;

    expect_right_answers();
    for (size_t i = 0; i < 2; i++) {
        fds[i] = find_descriptor(names[i]);
        cr_assert_eq(dup2(other, fds[i]), fds[i]);
    }
    expect_right_answers();
    fstat(other, &expected);
    for (size_t i = 0; i < 2; i++) {
        cr_assert_eq(fstat(fds[i], &got), 0);
        cr_assert_eq(got.st_rdev, expected.st_rdev);
    }
}

/* A process that rests until it is killed, or this one ends. */
static pid_t
start_resting(void)
{
    pid_t child = fork();

    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (;;)
            pause();
    }
    cr_assert_gt(child, 0);
    return child;
}

static void
stop_resting(pid_t child)
{
    kill(child, SIGKILL);
    cr_assert_eq(waitpid(child, NULL, 0), child);
}

static int
open_of(pid_t process, const char *name)
{
    char path[64];
    int fd;

    snprintf(path, sizeof(path), "/proc/%d%s", (int)process, name);
    fd = open(path, O_RDONLY);
    cr_assert_geq(fd, 0);
    return fd;
}

/* The same kind of file, and its answers would be believed. */
Test(zero_proc, replaced_by_the_file_of_another_process)
{
    pid_t other = start_resting();

    expect_right_answers();
    memset(block, 1, PAGES * page);
    lz_os_discard(block, PAGES * page);
    for (size_t i = 0; i < 2; i++) {
        int fd = find_descriptor(names[i]);

        cr_assert_eq(dup2(open_of(other, names[i]), fd), fd);
    }
    expect_right_answers();
    stop_resting(other);
}

/* --- children ------------------------------------------------------------ */

static void
wait_for(pid_t child)
{
    int status;

    cr_assert_gt(child, 0);
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert_eq(status, 0);
}

/* In the child other pages are populated than in the parent. */
static void
answer_in_child(void)
{
    alarm(patiently(30));
    ASSERT(lz_os_discard(block, PAGES * page) == 0);
    block += page;
    expect_right_answers();
    block -= page;
    ASSERT(lz_os_discard(block, PAGES * page) == 0);
    expect_right_answers();
    _exit(0);
}

static pid_t
raw_clone(void)
{
    return (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
}

static void
expect_right_answers_in(pid_t (*make_child)(void))
{
    pid_t child;

    block = map_pages(PAGES + 1, MAP_PRIVATE | MAP_ANONYMOUS, -1);
    madvise(block, (PAGES + 1) * page, MADV_NOHUGEPAGE);
    for (int round = 0; round < 3; round++) {
        expect_right_answers();
        child = make_child();
        if (child == 0) {
            may_do_without = advice_is_ignored;
            answer_in_child();
        }
        wait_for(child);
        expect_right_answers();
    }
}

Test(zero_proc, fork_child)
{
    expect_right_answers_in(fork);
}

Test(zero_proc, raw_clone_child)
{
    expect_right_answers_in(raw_clone);
}

Test(zero_proc, fork_child_where_wipeonfork_is_ignored)
{
    advice_is_ignored = true;
    expect_right_answers_in(fork);
}

Test(zero_proc, raw_clone_child_where_wipeonfork_is_ignored)
{
    advice_is_ignored = true;
    expect_right_answers_in(raw_clone);
}

/* No descriptor is left: there is no answer, and no wrong one. */
Test(zero_proc, no_descriptor_left)
{
    struct rlimit limit = {0, 0};
    bool listed[PAGES];
    pid_t child = fork(); /* the test's own messages need descriptors */

    if (child == 0) {
        setrlimit(RLIMIT_NOFILE, &limit);
        memset(block, 1, PAGES * page);
        _exit(!list_populated(SCAN, PAGES, listed) &&
                      !list_populated(PAGEMAP, PAGES, listed) &&
                      lz_os_is_plain(block, PAGES * page) &&
                      lz_os_make_plain(block, PAGES * page)
                  ? 0
                  : 1);
    }
    wait_for(child);
}

/* The child's descriptors are its own; the parent's are not kept open. */
Test(zero_proc, a_child_has_one_descriptor_a_file_too)
{
    int count;
    pid_t child;

    expect_right_answers();
    count = count_descriptors();
    child = fork();
    if (child == 0) {
        expect_right_answers();
        ASSERT(count_descriptors() == count);
        _exit(0);
    }
    wait_for(child);
}

/*
 * The memory is shared, the table of descriptors is not: what such a child
 * opens, and notes in the memory, its parent could not close.
 */
static int
answer_in_vfork_child(void *unused)
{
    (void)unused;
    may_do_without = true;
    expect_right_answers();
    may_do_without = false;
    return 0;
}

static void
run_vfork_children(void)
{
    static char stack[256 * 1024] __attribute__((aligned(64)));

    for (int round = 0; round < 10; round++)
        wait_for(clone(answer_in_vfork_child, stack + sizeof(stack),
                       CLONE_VM | CLONE_VFORK | SIGCHLD, NULL));
}

Test(zero_proc, vfork_child)
{
    int count;

    expect_right_answers();
    count = count_descriptors();
    run_vfork_children();
    expect_right_answers();
    cr_expect_eq(count_descriptors(), count);
}

Test(zero_proc, vfork_child_that_is_the_first_to_ask)
{
    int count = count_descriptors();

    run_vfork_children();
    expect_right_answers();
    cr_expect_leq(count_descriptors(), count + 2);
}

/*
 * It closes what it does not know, as programs do before they execute another
 * one, and asks. The parent's descriptors are still open in the parent.
 */
static int
close_and_answer_in_vfork_child(void *unused)
{
    for (int fd = 3; fd < 400; fd++)
        close(fd);
    return answer_in_vfork_child(unused);
}

Test(zero_proc, vfork_child_that_closes_all)
{
    static char stack[256 * 1024] __attribute__((aligned(64)));
    int count;

    expect_right_answers();
    count = count_descriptors();
    for (int round = 0; round < 5; round++) {
        wait_for(clone(close_and_answer_in_vfork_child, stack + sizeof(stack),
                       CLONE_VM | CLONE_VFORK | SIGCHLD, NULL));
        expect_right_answers();
        cr_expect_eq(count_descriptors(), count);
    }
}

/*
 * A program may say so of all of its memory. By the system call, which nobody
 * hears.
 */
static void
keep_all_on_fork(void)
{
    char line[512];
    unsigned long start, end;
    FILE *file = fopen("/proc/self/maps", "r");

    cr_assert_not_null(file);
    while (fgets(line, sizeof(line), file) != NULL) {
        if (sscanf(line, "%lx-%lx", &start, &end) == 2)
            syscall(SYS_madvise, start, end - start, 19 /* MADV_KEEPONFORK */);
    }
    fclose(file);
}

static pid_t
clone_after_keeping(void)
{
    keep_all_on_fork();
    return raw_clone();
}

Test(zero_proc, raw_clone_child_whose_memory_is_not_wiped)
{
    may_do_without = true;
    expect_right_answers_in(clone_after_keeping);
}

/* A zombie, whose thread id is the process's. */
static bool
main_has_ended(void)
{
    char text[512] = "";
    FILE *file = fopen("/proc/self/stat", "r");
    char *name_end;

    if (file == NULL)
        return false;
    name_end = fgets(text, sizeof(text), file) ? strrchr(text, ')') : NULL;
    fclose(file);
    return name_end != NULL && strncmp(name_end, ") Z", 3) == 0;
}

/* Main has ended, and with it what /proc/self describes. */
static void *
answer_without_main(void *unused)
{
    bool listed[PAGES];

    (void)unused;
    alarm(patiently(30));
    while (!main_has_ended())
        usleep(1000);
    memset(block, 1, PAGES * page);
    _exit(list_populated(PAGEMAP, PAGES, listed) && listed[0] ? 0 : 1);
    return NULL;
}

Test(zero_proc, the_main_thread_has_ended, NEEDS_UNSANITIZED)
{
    pthread_t other;
    pid_t child;

    if (!kernel_has_pagemap())
        return;
    child = fork();
    if (child == 0) {
        if (pthread_create(&other, NULL, answer_without_main, NULL))
            _exit(2);
        pthread_exit(NULL);
    }
    wait_for(child);
}

/* Not for good. */
Test(zero_proc, no_descriptor_left_for_a_moment)
{
    struct rlimit none = {0, 400}, some = {400, 400};
    bool listed[PAGES], answered = false;
    pid_t child = fork();

    if (child == 0) {
        setrlimit(RLIMIT_NOFILE, &none);
        if (list_populated(PAGEMAP, PAGES, listed))
            _exit(1);
        setrlimit(RLIMIT_NOFILE, &some);
        for (int i = 0; i < 1000 && !answered; i++)
            answered = list_populated(PAGEMAP, PAGES, listed);
        _exit(answered || !kernel_has_pagemap() ? 0 : 2);
    }
    wait_for(child);
}

/* Standard input and so on are closed, and few descriptors allowed. */
Test(zero_proc, the_descriptors_never_are_the_standard_ones)
{
    struct rlimit limit = {40, 40};
    pid_t child = fork();

    if (child == 0) {
        setrlimit(RLIMIT_NOFILE, &limit);
        for (int fd = 0; fd < 40; fd++)
            close(fd);
        expect_right_answers();
        for (int fd = 0; fd < 10; fd++)
            ASSERT(fcntl(fd, F_GETFD) < 0);
        _exit(0);
    }
    wait_for(child);
}

/* Where nothing is asked for a while they are closed, and opened again. */
Test(zero_proc, the_descriptors_are_closed_where_nothing_needs_them)
{
    int count = count_descriptors();

    for (int round = 0; round < 2; round++) {
        expect_right_answers();
        lz_os_rest();
        cr_expect_eq(count_descriptors(), count + 2, "asked for just now");
        usleep(1100000);
        errno = ERRNO_MARK;
        lz_os_rest();
        EXPECT_ERRNO_KEPT();
        cr_expect_eq(count_descriptors(), count);
    }
    expect_right_answers();
}

/* --- what kind of mapping ------------------------------------------------ */

static int
file_of_dirt(void)
{
    int fd = (int)syscall(SYS_memfd_create, "dirt", 0);

    cr_assert_geq(fd, 0);
    cr_assert_eq(ftruncate(fd, (off_t)(PAGES * page)), 0);
    return fd;
}

/* Over pages 5 to 8. */
static void
map_over(int prot, int flags, int fd)
{
    cr_assert_neq(
        mmap(block + 5 * page, 4 * page, prot, flags | MAP_FIXED, fd, 0),
        MAP_FAILED);
}

static void
protect(int prot)
{
    cr_assert_eq(mprotect(block + 5 * page, 4 * page, prot), 0);
}

/* Without PROCMAP_QUERY mremap tells, but not the one of an emulator. */
static void
expect_split(void)
{
    cr_expect_eq(lz_os_is_plain(block, PAGES * page),
                 !kernel_describes_mappings() && !TEST_HAS_KERNEL);
}

/* The three questions: the range, the part before, and the odd part alone. */
static void
expect_odd(void)
{
    bool unknown = !kernel_describes_mappings();

    expect_split();
    cr_expect_eq(lz_os_is_plain(block + 5 * page, page), unknown);
    cr_expect_eq(lz_os_is_plain(block + 8 * page, page), unknown);
    cr_expect(lz_os_is_plain(block, 5 * page));
    cr_expect(lz_os_is_plain(block + 9 * page, (PAGES - 9) * page));
    if (!unknown)
        cr_expect_not(lz_os_make_plain(block, PAGES * page));
}

Test(zero_proc, plain_memory)
{
    cr_expect(lz_os_is_plain(block, PAGES * page));
    cr_expect(lz_os_make_plain(block, PAGES * page));
    memset(block, 1, PAGES * page);
    cr_expect(lz_os_is_plain(block, PAGES * page));
    cr_expect(lz_os_make_plain(block, PAGES * page));
    cr_expect(all_bytes_are(block, PAGES * page, 1));
}

Test(zero_proc, shared_file)
{
    map_over(PROT_READ | PROT_WRITE, MAP_SHARED, file_of_dirt());
    expect_odd();
}

Test(zero_proc, private_file)
{
    map_over(PROT_READ | PROT_WRITE, MAP_PRIVATE, file_of_dirt());
    expect_odd();
}

Test(zero_proc, shared_memory)
{
    map_over(PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1);
    expect_odd();
}

Test(zero_proc, read_only_memory)
{
    protect(PROT_READ);
    expect_odd();
}

Test(zero_proc, closed_memory)
{
    protect(PROT_NONE);
    expect_odd();
}

Test(zero_proc, executable_memory)
{
    protect(PROT_READ | PROT_WRITE | PROT_EXEC);
    expect_odd();
}

/* With musl something, likely its malloc, is mapped at the end of the hole. */
Test(zero_proc, a_hole, NEEDS_GLIBC)
{
    cr_assert_eq(munmap(block + 5 * page, 4 * page), 0);
    expect_odd();
    cr_expect_not(lz_os_is_mapped(block, PAGES * page));
    cr_expect_not(lz_os_is_mapped(block + 6 * page, page));
    cr_expect(lz_os_is_mapped(block, 5 * page));
}

Test(zero_proc, a_mapping_that_is_gone)
{
    cr_assert_eq(munmap(block, PAGES * page), 0);
    cr_expect_not(lz_os_is_mapped(block, PAGES * page));
    expect_split();
}

/* Split: not as it was made, until the advice is taken back or given to all. */
Test(zero_proc, memory_with_advice_in_part)
{
    cr_assert_eq(
        madvise(block, 5 * page, MADV_HUGEPAGE) == 0 || errno == EINVAL, true);
    cr_assert_eq(madvise(block + 9 * page, page, MADV_SEQUENTIAL), 0);
    expect_split();
    cr_expect(lz_os_make_plain(block, PAGES * page));
    cr_expect(lz_os_is_plain(block, PAGES * page));
}

/* In too many parts to look at each. */
Test(zero_proc, memory_in_many_parts)
{
    for (size_t i = 0; i < PAGES; i += 2)
        cr_assert_eq(madvise(block + i * page, page, MADV_SEQUENTIAL), 0);
    expect_split();
}

/* Which pages of the block a child of a fork sees, and with what in them. */
static void
expect_all_in_child(void)
{
    pid_t child = fork();

    if (child == 0)
        _exit(lz_os_is_mapped(block, PAGES * page) &&
                      all_bytes_are(block, PAGES * page, 0x5A)
                  ? 0
                  : 1);
    wait_for(child);
}

static size_t
locked_kib(void)
{
    char line[128];
    size_t kib = 0;
    FILE *file = fopen("/proc/self/status", "r");

    cr_assert_not_null(file);
    while (fgets(line, sizeof(line), file) != NULL)
        sscanf(line, "VmLck: %zu kB", &kib);
    fclose(file);
    return kib;
}

Test(zero_proc, advice_that_hurts_the_next_owner_is_taken_back,
     NEEDS_UNSANITIZED)
{
    memset(block, 0x5A, PAGES * page);
    cr_assert_eq(madvise(block, 5 * page, MADV_DONTFORK), 0);
    cr_assert_eq(madvise(block + 10 * page, 5 * page, MADV_WIPEONFORK), 0);
    cr_assert_eq(mlock(block + 20 * page, 2 * page), 0);
    cr_assert_gt(locked_kib(), 0);
    cr_assert(lz_os_make_plain(block, PAGES * page));
    expect_all_in_child();
    cr_expect_eq(locked_kib(), 0);
}

/* --- discarding ---------------------------------------------------------- */

Test(zero_proc, discarding_zeroes_or_says_that_it_does_not)
{
    bool zeroes = lz_os_discard_zeroes();

    memset(block, 0x5A, PAGES * page);
    cr_assert_eq(lz_os_discard(block + page, 7 * page), 0);
    if (zeroes)
        cr_expect(all_bytes_are(block + page, 7 * page, 0));
    cr_expect(all_bytes_are(block, page, 0x5A));
    cr_expect(all_bytes_are(block + 8 * page, (PAGES - 8) * page, 0x5A));
}

Test(zero_proc, locked_memory_is_not_discarded, NEEDS_UNSANITIZED)
{
    memset(block, 0x5A, PAGES * page);
    cr_assert_eq(mlock(block, page), 0);
    errno = ERRNO_MARK;
    cr_expect_eq(lz_os_discard(block, page), EINVAL);
    EXPECT_ERRNO_KEPT();
    cr_expect(all_bytes_are(block, page, 0x5A));
}
