/* SPDX-License-Identifier: MIT */
/*
 * A program that replaces operator new, and not delete, and asks for more than
 * it was asked for. The size in a sized delete is then not that of the block.
 */
#include <cstdlib>
#include <cstring>
#include <new>

extern "C" {
#include "watch.h"
}

enum { BLOCKS = 20000 };

struct thing {
    char bytes[40];
};

void *
operator new(std::size_t n)
{
    void *p = aligned_alloc(64, (n + 63) & ~std::size_t(63));

    if (p == nullptr)
        throw std::bad_alloc();
    return p;
}

static thing *things[BLOCKS];
static unsigned char *blocks[BLOCKS];

int
main()
{
    require_active_by_name();
    watchdog(60);
    for (int round = 0; round < 5; round++) {
        for (auto &t : things)
            t = new thing;
        for (auto t : things)
            delete t;
    }
    for (int i = 0; i < BLOCKS; i++) {
        blocks[i] = static_cast<unsigned char *>(malloc(i & 1 ? 64 : 48));
        memset(blocks[i], i % 251, i & 1 ? 64 : 48);
    }
    for (int i = 0; i < BLOCKS; i++)
        REQUIRE(all_bytes_are(blocks[i], i % 251, i & 1 ? 64 : 48));
    return 0;
}
