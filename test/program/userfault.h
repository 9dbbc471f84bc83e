/* SPDX-License-Identifier: MIT */
/*
 * userfaultfd(2): this program fills missing pages, with bytes that are not
 * zero.
 */
#ifndef PROGRAM_USERFAULT_H
#define PROGRAM_USERFAULT_H

#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "dirty.h"

#ifndef UFFD_USER_MODE_ONLY
#define UFFD_USER_MODE_ONLY 1
#endif

static int faults;
static char *dirt_page;

/* Allocates nothing: it serves threads that may hold any lock. */
static void *
serve_faults(void *unused)
{
    struct uffd_msg message;

    while (read(faults, &message, sizeof(message)) == sizeof(message)) {
        struct uffdio_copy copy = {.dst = message.arg.pagefault.address &
                                          ~(page_size() - 1),
                                   .src = (uintptr_t)dirt_page,
                                   .len = page_size()};

        if (message.event == UFFD_EVENT_PAGEFAULT)
            ioctl(faults, UFFDIO_COPY, &copy);
    }
    return unused;
}

static inline void
open_faults(uint64_t features)
{
    struct uffdio_api api = {.api = UFFD_API, .features = features};

    faults = (int)syscall(SYS_userfaultfd, O_CLOEXEC | UFFD_USER_MODE_ONLY);
    if (faults < 0 || ioctl(faults, UFFDIO_API, &api) != 0)
        skip("no userfaultfd for this user, or not with these features");
}

static inline void
start_serving(void)
{
    open_faults(0);
    dirt_page = (char *)mmap(NULL, page_size(), PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    REQUIRE(dirt_page != MAP_FAILED);
    memset(dirt_page, DIRT, page_size());
    start_thread(serve_faults);
}

static inline void
fill_by_program(char *p, size_t n)
{
    struct uffdio_register range = {.range = {.start = (uintptr_t)p, .len = n},
                                    .mode = UFFDIO_REGISTER_MODE_MISSING};

    REQUIRE(ioctl(faults, UFFDIO_REGISTER, &range) == 0);
}

#endif
