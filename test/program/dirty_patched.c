/* SPDX-License-Identifier: MIT */
/*
 * A program that writes a jump over libc's functions, as Open MPI and UCX do:
 * those that it finds are the library's. Here the pages are made writable, as
 * for that, and system calls stand for what the jump would lead to.
 */
#include <sys/mman.h>

#include "dirty.h"

#define SIZE (5 * MIB)

int
main(void)
{
    uintptr_t code = (uintptr_t)dlsym(RTLD_DEFAULT, "munmap");
    char *page = (char *)(code - code % page_size()), *p;

    require_active();
    watchdog(60);
    if (mprotect(page, page_size(), PROT_READ | PROT_WRITE | PROT_EXEC) != 0)
        skip("code cannot be made writable");
    for (int round = 0; round < 3; round++) {
        p = malloc(SIZE);
        make_dirty(p);
        p += 2 * MIB - (uintptr_t)p % page_size();
        REQUIRE(syscall(SYS_mprotect, p, MIB, PROT_NONE) == 0);
        p -= 2 * MIB;
        free(p);
        p = malloc(SIZE);
        make_dirty(p);
        free(p);
    }
    return 0;
}
