/* SPDX-License-Identifier: MIT */
/*
 * Is a function of this library the one that the rest of the program calls? The
 * program, or a library before this one in the search order, may have one of
 * that name, which need not call the next.
 *
 * `bound` is filled by a relocation and may be anybody's; `own` is a local name
 * for ours. Where a program that is not position independent takes the address
 * of such a function, `bound` is an address in that program, and ours is taken
 * for not bound: that costs questions to the kernel, and nothing else.
 */
#ifndef LZ_INTERPOSE_BOUND_H
#define LZ_INTERPOSE_BOUND_H

#include <dlfcn.h>

#include "base/util.h"

struct lz_bound {
    void (*bound)(void);
    void (*own)(void);
};

/* Behind the definition of the function; glibc declares all of them so. */
#define LZ_OWN(name)                   \
    extern __typeof__(name) own_##name \
        __attribute__((alias(#name), nothrow, leaf)) LZ_HIDDEN

/* The tables are volatile, as clang takes both names for one address. */
#define LZ_BOUND(name)                                      \
    {                                                       \
        (void (*)(void))(name), (void (*)(void))own_##name, \
    }

#define LZ_FIND_NEXT(name) \
    next.name = (__typeof__(next.name))(uintptr_t)dlsym(RTLD_NEXT, #name)

static inline bool
lz_all_bound(const volatile struct lz_bound *table, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (table[i].bound != table[i].own)
            return false;
    }
    return true;
}

#endif
