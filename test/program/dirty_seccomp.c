/* SPDX-License-Identifier: MIT */
/*
 * A seccomp filter refuses the system calls that tell what is zero, one at a
 * time and all together, with EPERM (as container runtimes do) and with ENOSYS;
 * from the start, and after the library came to count on them.
 */
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "dirty.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const unsigned calls[] = {SYS_ioctl,   SYS_mremap, SYS_madvise,
                                 SYS_openat,  SYS_fcntl,  SYS_pread64,
                                 SYS_mprotect};

static const int errors[] = {EPERM, ENOSYS};

/* A call of the list gets the error; all others pass. */
static void
install_filter(const unsigned *refused, size_t count, int error)
{
    struct sock_filter filter[2 * COUNT(calls) + 2];
    struct sock_fprog program = {0, filter};
    unsigned short at = 0;

    filter[at++] = (struct sock_filter)BPF_STMT(
        BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
    for (size_t i = 0; i < count; i++) {
        filter[at++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
                                                    refused[i], 0, 1);
        filter[at++] = (struct sock_filter)BPF_STMT(
            BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)error);
    }
    filter[at++] =
        (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    program.len = at;
    REQUIRE(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
        _exit(77);
}

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
        install_filter(refused, count, error);
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
