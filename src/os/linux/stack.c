/* SPDX-License-Identifier: MIT */
/*
 * Who calls: the return addresses on this thread's stack.
 *
 * The unwinder is libgcc's or LLVM's, linked into the library. libgcc's takes
 * no lock where libc has _dl_find_object (glibc 2.35), and otherwise the
 * dynamic linker's, which the same thread may hold already, as LLVM's always
 * does. Code that a runtime made while it ran has no tables for the unwinder.
 * Such code keeps frame pointers as a rule, and the walk goes on by these.
 */
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>
#include <unwind.h>

#include "os/linux/proc.h"
#include "os/os.h"
#include "os/stack.h"

/* The frame pointer, as DWARF numbers registers; -1: none is followed. */
#if defined(__x86_64__)
#define FRAME_REGISTER 6
#elif defined(__aarch64__)
#define FRAME_REGISTER 29
#else
#define FRAME_REGISTER (-1)
#endif

/* Frames of such code are not larger. */
#define MOST_FRAME ((uintptr_t)1 << 20)

/* The unwinder's own, without a header: what is known of the code at pc, or
 * NULL. */
struct dwarf_eh_bases {
    void *text, *data, *function;
};
const void *_Unwind_Find_FDE(void *pc, struct dwarf_eh_bases *bases);

struct walk {
    uintptr_t *frames;
    int most, count;
    uintptr_t frame; /* the frame pointer of the last one; 0: not known */
};

/* A frame that a signal interrupted has the instruction itself, not the next.
 */
static _Unwind_Reason_Code
take_frame(struct _Unwind_Context *context, void *data)
{
    struct walk *walk = data;
    int is_interrupted = 0;
    uintptr_t at = (uintptr_t)_Unwind_GetIPInfo(context, &is_interrupted);

    if (at == 0 || walk->count == walk->most)
        return _URC_END_OF_STACK;
    walk->frames[walk->count++] = at + (is_interrupted != 0);
#if FRAME_REGISTER >= 0
    walk->frame = (uintptr_t)_Unwind_GetGR(context, FRAME_REGISTER);
#endif
    return _URC_NO_REASON;
}

/* Two words of memory that may not be there: by the kernel, which answers so.
 */
static bool
read_frame(uintptr_t frame, uintptr_t words[2])
{
    struct iovec own = {words, 2 * sizeof(*words)};
    struct iovec other = {.iov_len = 2 * sizeof(*words)};

    memcpy(&other.iov_base, &frame, sizeof(frame));
    return syscall(SYS_process_vm_readv, lz_os_process_id(), &own, 1UL, &other,
                   1UL, 0UL) == (long)sizeof(uintptr_t[2]);
}

/* Is the last frame in code that has no tables? */
static bool
is_unknown(const struct walk *walk)
{
    struct dwarf_eh_bases bases;
    uintptr_t at = walk->count == 0 ? 0 : walk->frames[walk->count - 1] - 1;
    void *pc;

    memcpy(&pc, &at, sizeof(pc));
    return at != 0 && _Unwind_Find_FDE(pc, &bases) == NULL;
}

static void
follow_frame_pointers(struct walk *walk)
{
    uintptr_t words[2], at = walk->frame;

    while (walk->count < walk->most && is_unknown(walk) &&
           at > (uintptr_t)walk && at % sizeof(at) == 0 &&
           read_frame(at, words) && words[1] != 0) {
        walk->frames[walk->count++] = words[1];
        if (words[0] <= at || words[0] - at > MOST_FRAME)
            return;
        at = words[0];
    }
}

int
lz_os_backtrace(uintptr_t *frames, int most)
{
    int saved = errno;
    struct walk walk = {.frames = frames, .most = most};

    if (lz_os_proc_is_silent())
        return 0;
    _Unwind_Backtrace(take_frame, &walk);
    follow_frame_pointers(&walk);
    errno = saved;
    return walk.count;
}
