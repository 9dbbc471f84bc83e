/* SPDX-License-Identifier: MIT */
/* As pairs.c, with operator new and the sized operator delete. */
#include <new>

#include "clock.h"
#include "owner.h"
#include "pairs.h"

#if UINTPTR_MAX > 0xffffffffu
#define NEW "_Znwm"
#define SIZED_DELETE "_ZdlPvm"
#else
#define NEW "_Znwj"
#define SIZED_DELETE "_ZdlPvj"
#endif

struct block {
    void *p;
    size_t n;
};

static void
churn(long count)
{
    static block live[LIVE];

    while (count-- > 0) {
        block *slot = &live[next_random() % LIVE];

        ::operator delete(slot->p, slot->n);
        slot->n = next_size();
        slot->p = ::operator new(slot->n);
    }
}

static void
plain(long count)
{
    while (count-- > 0) {
        size_t n = next_size();

        ::operator delete(::operator new(n), n);
    }
}

int
main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr,
                "usage: pairs_cxx COUNT churn|plain [LIBRARY [time]]\n");
        return 2;
    }
    const char *library = argc > 3 ? argv[3] : "";

    /* With libc's malloc these are the C++ runtime's. */
    if (strcmp(library, "libc.so") == 0)
        library = "libstdc++.so";
    require_owner(NEW, library);
    require_owner(SIZED_DELETE, library);
    uint64_t start = now();

    (strcmp(argv[2], "churn") == 0 ? churn : plain)(atol(argv[1]));
    if (argc > 4)
        printf("{\"ns\": %.3f}\n", (double)(now() - start) / atof(argv[1]));
    return 0;
}
