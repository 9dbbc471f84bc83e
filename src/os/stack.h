/* SPDX-License-Identifier: MIT */
/*
 * Who calls, for the trace: a part of the contract with the system (os.h),
 * whose rules hold here too.
 */
#ifndef LZ_OS_STACK_H
#define LZ_OS_STACK_H

#include "base/util.h"

/*
 * The return addresses on this thread's stack, the innermost first, into
 * `frames`; how many, at most `most`. Ours are the first of them. The address
 * after the instruction stands for a frame that a signal interrupted. 0: that
 * cannot be told, also after lz_os_ask_nothing. Usable in a signal handler (4
 * KiB of stack).
 */
int lz_os_backtrace(uintptr_t *frames, int most);

/* Executable memory of this process. */
struct lz_os_code {
    uintptr_t start, end;
    uint64_t offset;  /* of `start` in the file */
    const char *path; /* "" where no file is mapped; until `found` returns */
};
typedef void lz_os_code_found(const struct lz_os_code *code);

/*
 * Calls `found` for each such mapping. False: that cannot be told. One thread
 * at a time.
 */
bool lz_os_find_code(lz_os_code_found *found);

#endif
