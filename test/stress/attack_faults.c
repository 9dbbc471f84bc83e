/* SPDX-License-Identifier: MIT */
/* userfaultfd(2): a thread of the program fills or unprotects pages. */
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "attack.h"

static int faults = -1;
static unsigned char *dirt;

/* Allocates nothing: it serves threads that may hold any lock. */
static void
serve(const struct uffd_msg *message)
{
    uint64_t at = message->arg.pagefault.address & ~(uint64_t)(run.page - 1);
    struct uffdio_copy copy = {
        .dst = at, .src = (uintptr_t)dirt, .len = run.page};
    struct uffdio_zeropage zero = {.range = {at, run.page}};
    struct uffdio_writeprotect open = {.range = {at, run.page}};

    if (message->event != UFFD_EVENT_PAGEFAULT)
        return;
    if ((message->arg.pagefault.flags & UFFD_PAGEFAULT_FLAG_WP) != 0)
        ioctl(faults, UFFDIO_WRITEPROTECT, &open);
    else if (at / run.page % 3 == 0)
        ioctl(faults, UFFDIO_ZEROPAGE, &zero);
    else
        ioctl(faults, UFFDIO_COPY, &copy);
}

static void *
serve_all(void *unused)
{
    struct uffd_msg message;

    while (read(faults, &message, sizeof(message)) == sizeof(message))
        serve(&message);
    return unused;
}

/* Linux 6.11, fs.h: nobody is told of a registration, so one must ask. */
static bool
can_be_noticed(void)
{
    struct {
        uint64_t size, flags, address, answer[10];
    } question = {.size = sizeof(question), .address = (uintptr_t)&faults};
    int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
    bool answered =
        ioctl(fd, _IOC(_IOC_READ | _IOC_WRITE, 'f', 17, sizeof(question)),
              &question) == 0;

    close(fd);
    return answered;
}

static bool
open_faults(void)
{
    struct uffdio_api api = {.api = UFFD_API};

    faults = (int)syscall(SYS_userfaultfd, O_CLOEXEC);
    return faults >= 0 && ioctl(faults, UFFDIO_API, &api) == 0;
}

/* Without rights, or on an older kernel, the runs go on without it. */
void
faults_start(void)
{
    pthread_t thread;

    if (run.faults == 0)
        return;
    if (!can_be_noticed() || !open_faults()) {
        run.faults = 0;
        return;
    }
    dirt = mmap(NULL, run.page, PROT_READ | PROT_WRITE,
                MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    memset(dirt, 0xa5, run.page);
    run.empty = ZERO | DIRT;
    if (pthread_create(&thread, NULL, serve_all, NULL) != 0)
        report_failure("no thread");
}

/* A page without memory may hold the dirt from now on. */
static void
note(struct block *block, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        if ((block->state[i] & ZERO) != 0)
            block->state[i] |= DIRT;
    }
}

void
faults_register(struct block *block)
{
    struct uffdio_register range = {.mode = UFFDIO_REGISTER_MODE_MISSING};
    struct uffdio_writeprotect shut = {.mode = UFFDIO_WRITEPROTECT_MODE_WP};
    size_t from, to;

    me->call = "userfaultfd";
    if (run.faults == 0 || me->is_child || !pages_pick(block, &from, &to) ||
        pages_are(block, from, to, FOREIGN))
        return;
    if (random_chance(3))
        range.mode |= UFFDIO_REGISTER_MODE_WP;
    range.range.start = (uintptr_t)block->p + from * run.page;
    range.range.len = (to - from) * run.page;
    note(block, from, to);
    if (ioctl(faults, UFFDIO_REGISTER, &range) != 0)
        return;
    me->done[7]++;
    shut.range = range.range;
    if ((range.mode & UFFDIO_REGISTER_MODE_WP) != 0)
        ioctl(faults, UFFDIO_WRITEPROTECT, &shut);
}

void
faults_unregister(struct block *block)
{
    struct uffdio_range range = {(uintptr_t)block->p, block->pages * run.page};

    me->call = "userfaultfd";
    if (run.faults != 0 && !me->is_child && range.len != 0 &&
        range.start % run.page == 0)
        ioctl(faults, UFFDIO_UNREGISTER, &range);
}
