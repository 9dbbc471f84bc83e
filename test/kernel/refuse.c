/* SPDX-License-Identifier: MIT */
/*
 * refuse COMMAND...: runs it on this kernel as if that were Linux 6.1. The
 * system calls that came later, as far as the library makes them, fail as they
 * would there (seccomp(2)), and uname tells an old release (personality(2),
 * UNAME26). Not imitated: mremap of several mappings (6.17) works.
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PAGEMAP_SCAN 0xC0606610u       /* 6.7 */
#define PROCMAP_QUERY 0xC0686611u      /* 6.11 */
#define UFFDIO_POISON_CALL 0xC020AA08u /* 6.6 */
#define GUARD_INSTALL 102u             /* 6.13 */
#define GUARD_REMOVE 103u
#define MAP_TYPE_DROPPABLE 0x08u /* 6.11 */
#define MAP_TYPE_BITS 0x0fu

#ifdef __aarch64__
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#else
#define ARCHITECTURE AUDIT_ARCH_X86_64
#endif

#define LOAD(member) \
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, member))
#define IS(value, then, otherwise) \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), (then), (otherwise))
#define RETURN(action) BPF_STMT(BPF_RET | BPF_K, (action))
#define FAIL(error) RETURN(SECCOMP_RET_ERRNO | (error))
#define ALLOW RETURN(SECCOMP_RET_ALLOW)

/* A jump says how many instructions it skips. */
static struct sock_filter filter[] = {
    LOAD(arch),
    IS(ARCHITECTURE, 1, 0),
    ALLOW,
    LOAD(nr),
    IS(SYS_ioctl, 0, 6),
    LOAD(args[1]),
    IS(PAGEMAP_SCAN, 2, 0),
    IS(UFFDIO_POISON_CALL, 1, 0),
    IS(PROCMAP_QUERY, 0, 1),
    FAIL(ENOTTY),
    ALLOW,
    IS(SYS_madvise, 0, 5),
    LOAD(args[2]),
    IS(GUARD_INSTALL, 1, 0),
    IS(GUARD_REMOVE, 0, 1),
    FAIL(EINVAL),
    ALLOW,
    IS(SYS_mmap, 0, 5),
    LOAD(args[3]),
    BPF_STMT(BPF_ALU | BPF_AND | BPF_K, MAP_TYPE_BITS),
    IS(MAP_TYPE_DROPPABLE, 0, 1),
    FAIL(EINVAL),
    ALLOW,
    ALLOW,
};

static struct sock_fprog program = {sizeof(filter) / sizeof(filter[0]), filter};

int
main(int argc, char **argv)
{
    if (argc < 2)
        return 2;
    if (personality(PER_LINUX | UNAME26) < 0 ||
        (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0 &&
         (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
          prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0))) {
        perror("refuse");
        return 1;
    }
    execvp(argv[1], argv + 1);
    perror(argv[1]);
    return 127;
}
