/* SPDX-License-Identifier: MIT */
/*
 * A block whose missing pages the program fills itself (userfaultfd), here with
 * dirt: a page that is not there reads as anything but zero. memset must write
 * it, and the next owner must get memory that nobody fills.
 */
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
serve(void *unused)
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

static void
start_serving(void)
{
    struct uffdio_api api = {.api = UFFD_API};

    faults = (int)syscall(SYS_userfaultfd, O_CLOEXEC | UFFD_USER_MODE_ONLY);
    if (faults < 0 || ioctl(faults, UFFDIO_API, &api) != 0)
        skip("no userfaultfd for this user");
    dirt_page = mmap(NULL, page_size(), PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    REQUIRE(dirt_page != MAP_FAILED);
    memset(dirt_page, DIRT, page_size());
    start_thread(serve);
}

static void
fill_by_program(char *p, size_t n)
{
    struct uffdio_register range = {.range = {.start = (uintptr_t)p, .len = n},
                                    .mode = UFFDIO_REGISTER_MODE_MISSING};

    REQUIRE(ioctl(faults, UFFDIO_REGISTER, &range) == 0);
}

static char *
new_filled(size_t n, size_t from, size_t to)
{
    char *p = malloc(n);
    size_t page = page_size(), pages;

    REQUIRE(p != NULL);
    pages = malloc_usable_size(p) / page;
    fill_by_program(p + pages * from / 4 * page,
                    (pages * to / 4 - pages * from / 4) * page);
    return p;
}

static void
check(size_t n, size_t from, size_t to)
{
    char *p = new_filled(n, from, to);

    memset(p, 0, n);
    REQUIRE(all_bytes_are(p, 0, n));
    free(p);
    use_all(n);
    p = new_filled(n, from, to);
    free(p);
    use_all(n);
    use_memset(n);
    use_realloc(n);
}

int
main(void)
{
    static const size_t sizes[] = {2 * MIB, 3 * MIB + 5, 11 * MIB};

    require_active();
    watchdog(60);
    start_serving();
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        check(sizes[i], 0, 4);
        check(sizes[i], 0, 1);
        check(sizes[i], 1, 3);
        check(sizes[i], 3, 4);
    }
    return 0;
}
