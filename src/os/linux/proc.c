/* SPDX-License-Identifier: MIT */
#include "os/linux/proc.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "os/os.h"

#ifndef MADV_WIPEONFORK
#define MADV_WIPEONFORK 18
#define MADV_KEEPONFORK 19
#endif
#ifndef MAP_DROPPABLE
#define MAP_DROPPABLE 0x08
#endif

/*
 * The first path that can be opened: once the main thread has ended, /proc/self
 * has no memory to describe. Linux before 3.17 has no thread-self.
 */
static const char *const paths[LZ_OS_PROC_COUNT][2] = {
    {"/proc/thread-self/pagemap", "/proc/self/pagemap"},
    {"/proc/thread-self/maps", "/proc/self/maps"}};

/*
 * After a failure, this many questions go unanswered before the next attempt.
 */
#define QUESTIONS_PASSED 64

/* How long after the last question a file may be closed, in milliseconds. */
#define UNASKED_LEAST 1000

/* What was opened; a fork child finds its parent's here. */
struct proc_file {
    int fd;
    dev_t device;
    ino_t inode;
    unsigned passed;   /* atomic: questions since it could not be opened */
    uint64_t asked_at; /* atomic: lz_os_now of the last question */
};

static struct proc_file files[LZ_OS_PROC_COUNT];

static bool silent; /* atomic: lz_os_ask_nothing */

/* Who may use it: on the wiped page, so that it is UNKNOWN in a fork child. */
struct claim {
    int state; /* atomic */
    pid_t pid;
};

enum { UNKNOWN, OPENING, OPEN, MISSING };

static struct claim *claims;
static struct claim
    unwiped_claims[LZ_OS_PROC_COUNT]; /* without memory for a page */

/*
 * Is the claim surely wiped in a fork child, whatever the program or a tool
 * such as CRIU advises? Atomic.
 */
static bool surely_wiped;

/*
 * Droppable memory (mmap(2), Linux 6.11) is wiped in every child, and the
 * kernel refuses to take that back. What is wiped by advice alone is not
 * trusted: a program may advise MADV_KEEPONFORK about all of its memory. The
 * kernel may drop the page at any time, which makes the claims UNKNOWN.
 */
static void *
map_claims(size_t size, bool *sure)
{
    void *p = lz_os_heap_map(NULL, size, PROT_READ | PROT_WRITE,
                             MAP_DROPPABLE | MAP_ANONYMOUS | MAP_NORESERVE);

    *sure = false;
    if (p != MAP_FAILED) {
        *sure = lz_os_heap_advise(p, size, MADV_KEEPONFORK) != 0;
        if (*sure)
            return p;
        lz_os_heap_unmap(p, size);
    }
    p = lz_os_heap_map(NULL, size, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE);
    if (p == MAP_FAILED)
        return NULL;
    lz_os_heap_advise(p, size, MADV_WIPEONFORK);
    return p;
}

/* Two pages: the second is never touched, see describes_us. */
static struct claim *
get_claims(void)
{
    struct claim *known = __atomic_load_n(&claims, __ATOMIC_ACQUIRE);
    size_t size = 2 * lz_os_page_size();
    void *fresh;
    bool sure;

    if (LZ_LIKELY(known != NULL))
        return known;
    fresh = map_claims(size, &sure);
    if (fresh == NULL)
        return unwiped_claims;
    if (__atomic_compare_exchange_n(&claims, &known, fresh, false,
                                    __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
        __atomic_store_n(&surely_wiped, sure, __ATOMIC_RELEASE);
        return fresh;
    }
    lz_os_unmap(fresh, size);
    return known;
}

void
lz_os_get_ready(void)
{
    if (!lz_os_proc_is_silent())
        get_claims();
}

/*
 * A claim was made by this process, or by one with which it shares its memory,
 * and so its pagemap (vfork).
 */
static bool
is_own_claim(const struct claim *claim)
{
    return __atomic_load_n(&surely_wiped, __ATOMIC_ACQUIRE) ||
           claim->pid == lz_os_process_id();
}

/*
 * This is the claimer's child by vfork, which shares its memory. Descriptors
 * that the child opens are its own. To record them here would lose the
 * claimer's.
 */
static bool
is_lent(const struct claim *claim)
{
    return claim->pid != lz_os_process_id() && claim->pid == getppid();
}

static int
open_high(const char *const *names)
{
    int low = lz_os_open(names[0], O_RDONLY | O_CLOEXEC, 0);

    if (low < 0)
        low = lz_os_open(names[1], O_RDONLY | O_CLOEXEC, 0);
    return low < 0 ? low : lz_os_fd_raise(low);
}

static bool
same_file(const struct proc_file *file)
{
    struct stat status;

    return file->inode != 0 && fstat(file->fd, &status) == 0 &&
           status.st_dev == file->device && status.st_ino == file->inode;
}

static bool
open_file(struct proc_file *file, const char *const *names)
{
    struct stat status;

    /*
     * A fork child holds its parent's descriptors, which are of no use to it.
     */
    if (same_file(file))
        lz_os_close(file->fd);
    file->inode = 0;
    file->fd = open_high(names);
    if (file->fd < 0)
        return false;
    if (fstat(file->fd, &status) != 0) {
        lz_os_close(file->fd);
        return false;
    }
    file->device = status.st_dev;
    file->inode = status.st_ino;
    return true;
}

bool
lz_os_proc_read(int fd, const void *start, uint64_t *entries, size_t pages)
{
    struct iovec into = {entries, pages * 8};
    uint64_t offset = (uintptr_t)start / lz_os_page_size() * 8;

    /* The offset is passed in two halves, as preadv(2) takes it on 32 bits. */
    return syscall(SYS_preadv, fd, &into, 1, (unsigned long)offset,
                   (unsigned long)(sizeof(long) == 8 ? 0 : offset >> 32)) ==
           (ssize_t)(pages * 8);
}

/*
 * Does the pagemap describe the addresses that we see? QEMU's user mode passes
 * on the host's pagemap, and our memory may lie elsewhere in the host. The page
 * of the claims was just written and the next one never touched, and the
 * pagemap must say so.
 */
static bool
describes_us(int fd)
{
    const struct claim *probe = __atomic_load_n(&claims, __ATOMIC_ACQUIRE);
    uint64_t entries[2];

    return probe != NULL && lz_os_proc_read(fd, probe, entries, 2) &&
           lz_os_proc_is_populated(entries[0]) &&
           !lz_os_proc_is_populated(entries[1]);
}

static bool
open_and_prove(int which)
{
    struct proc_file *file = &files[which];

    if (!open_file(file, paths[which]))
        return false;
    if (which != LZ_OS_PROC_PAGEMAP || describes_us(file->fd))
        return true;
    lz_os_close(file->fd);
    file->inode = 0;
    return false;
}

/*
 * One thread opens the file, and the others do without it meanwhile. No lock is
 * taken and nothing is waited for. If a signal handler forked here, the child
 * holds a descriptor of its parent's. Its claim was wiped, which the second
 * exchange notices.
 */
static int
claim_file(struct claim *claim, int which, int state)
{
    pid_t pid = lz_os_process_id();
    int opening = OPENING;
    bool open;

    if (!__atomic_compare_exchange_n(&claim->state, &state, OPENING, false,
                                     __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
        return -1;
    open = open_and_prove(which);
    claim->pid = pid;
    if (!__atomic_compare_exchange_n(&claim->state, &opening,
                                     open ? OPEN : MISSING, false,
                                     __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
        return -1;
    return open ? files[which].fd : -1;
}

void
lz_os_ask_nothing(void)
{
    __atomic_store_n(&silent, true, __ATOMIC_RELAXED);
}

bool
lz_os_proc_is_silent(void)
{
    return __atomic_load_n(&silent, __ATOMIC_RELAXED);
}

/* Try again later: descriptors may have been scarce for a moment. */
static bool
is_to_be_tried(struct proc_file *file)
{
    return __atomic_add_fetch(&file->passed, 1, __ATOMIC_RELAXED) %
               QUESTIONS_PASSED ==
           0;
}

static void
note_question(struct proc_file *file)
{
    uint64_t now = lz_os_now();

    /*
     * A load first, since it leaves the cache line shared with other threads.
     */
    if (__atomic_load_n(&file->asked_at, __ATOMIC_RELAXED) != now)
        __atomic_store_n(&file->asked_at, now, __ATOMIC_RELAXED);
}

int
lz_os_proc_fd(int which)
{
    struct proc_file *file = &files[which];
    struct claim *claim;
    int state;

    if (LZ_UNLIKELY(lz_os_proc_is_silent()))
        return -1;
    claim = &get_claims()[which];
    state = __atomic_load_n(&claim->state, __ATOMIC_ACQUIRE);
    if (state == OPENING)
        return -1;
    if (state != UNKNOWN && is_own_claim(claim)) {
        if (state == MISSING && !is_to_be_tried(file))
            return -1;
        if (state == OPEN && same_file(file)) {
            note_question(file);
            return file->fd;
        }
    } else if (state == OPEN && same_file(file)) {
        /* Or it is a fork child's, and the claim was not wiped. */
        return -1;
    }
    if (state != UNKNOWN && is_lent(claim))
        return -1;
    note_question(file);
    /* The first use, or a fork child, or the program closed it. */
    return claim_file(claim, which, state);
}

bool
lz_os_proc_is_ours(int which)
{
    const struct claim *claim = &get_claims()[which];

    return __atomic_load_n(&claim->state, __ATOMIC_ACQUIRE) == OPEN &&
           is_own_claim(claim);
}

static bool
is_asked_for(const struct proc_file *file)
{
    uint64_t now = lz_os_now();

    return now - __atomic_load_n(&file->asked_at, __ATOMIC_RELAXED) <
           UNASKED_LEAST;
}

/*
 * Clear the claim before closing the descriptor. An answer that somebody still
 * gets from it, or from another file under its number, is then not believed
 * (lz_os_proc_is_ours).
 */
void
lz_os_rest(void)
{
    struct claim *claim = __atomic_load_n(&claims, __ATOMIC_ACQUIRE);
    int saved = errno;

    for (int i = 0; claim != NULL && i < LZ_OS_PROC_COUNT; i++, claim++) {
        int open = OPEN;

        if (__atomic_load_n(&claim->state, __ATOMIC_ACQUIRE) != OPEN ||
            is_asked_for(&files[i]) || claim->pid != lz_os_process_id() ||
            !__atomic_compare_exchange_n(&claim->state, &open, OPENING, false,
                                         __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
            continue;
        if (same_file(&files[i]))
            lz_os_close(files[i].fd);
        files[i].inode = 0;
        __atomic_store_n(&claim->state, UNKNOWN, __ATOMIC_RELEASE);
    }
    errno = saved;
}

/*
 * Clears claims that may not have been wiped, too. A thread that was just
 * opening a file does not exist here.
 */
void
lz_os_fork_child(void)
{
    struct claim *claim = __atomic_load_n(&claims, __ATOMIC_ACQUIRE);
    int saved = errno;

    if (claim != NULL && !__atomic_load_n(&surely_wiped, __ATOMIC_ACQUIRE))
        memset(claim, 0, LZ_OS_PROC_COUNT * sizeof(*claim));
    memset(unwiped_claims, 0, sizeof(unwiped_claims));
    for (int i = 0; i < LZ_OS_PROC_COUNT; i++) {
        if (same_file(&files[i]))
            lz_os_close(files[i].fd);
        files[i].inode = 0;
    }
    errno = saved;
}
