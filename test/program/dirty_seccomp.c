/* SPDX-License-Identifier: MIT */
/*
 * A seccomp filter refuses the system calls that tell what is zero, one at a
 * time and all together, with EPERM (as container runtimes do) and with ENOSYS;
 * from the start, and after the library came to count on them.
 */
#include "dirty.h"
#include "seccomp_filter.h"

static const unsigned calls[] = {SYS_ioctl,   SYS_mremap, SYS_madvise,
                                 SYS_openat,  SYS_fcntl,  SYS_pread64,
                                 SYS_mprotect};

static const int errors[] = {EPERM, ENOSYS};

static void
use(void)
{
    use_size(300000);
    use_size(3 * MIB + 5);
    use_size(900000);
}

static void
run(const unsigned *refused, size_t count, int error, bool at_start)
{
    int status = 0;
    pid_t child = fork();

    if (child == 0) {
        if (!at_start)
            use();
        if (!install_filter(refused, count, SECCOMP_RET_ERRNO | (unsigned)error,
                            SECCOMP_RET_ALLOW))
            _exit(77);
        use();
        _exit(0);
    }
    REQUIRE(child > 0 && waitpid(child, &status, 0) == child);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
        skip("no seccomp filters");
    REQUIRE(status == 0);
}

int
main(void)
{
    require_active();
    watchdog(100);
    for (size_t e = 0; e < COUNT(errors); e++) {
        for (int at_start = 0; at_start < 2; at_start++) {
            for (size_t i = 0; i < COUNT(calls); i++)
                run(&calls[i], 1, errors[e], at_start);
            run(calls, COUNT(calls), errors[e], at_start);
        }
    }
    return 0;
}
