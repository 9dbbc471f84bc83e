/* SPDX-License-Identifier: MIT */
/* A seccomp filter for this process: some system calls end in one way. */
#ifndef PROGRAM_SECCOMP_FILTER_H
#define PROGRAM_SECCOMP_FILTER_H

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "watch.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define FILTER_MOST 60

/* `listed` for the calls of the list, `others` for all others: SECCOMP_RET_*.
 * False where there are no filters. */
static inline bool
install_filter(const unsigned *calls, size_t count, uint32_t listed,
               uint32_t others)
{
    struct sock_filter filter[2 * FILTER_MOST + 2];
    struct sock_fprog program = {0, filter};
    unsigned short at = 0;

    REQUIRE(count <= FILTER_MOST);
    filter[at++] = (struct sock_filter)BPF_STMT(
        BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
    for (size_t i = 0; i < count; i++) {
        filter[at++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
                                                    calls[i], 0, 1);
        filter[at++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, listed);
    }
    filter[at++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, others);
    program.len = at;
    REQUIRE(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

#endif
