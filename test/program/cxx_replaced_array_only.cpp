// SPDX-License-Identifier: MIT
//
// A program replaces operator new[] and delete[] only: their derived forms end
// there, and the forms for one object stay as they are. Preloaded jemalloc
// 5.3.0, tcmalloc 2.10 and mimalloc 2.0.9 fail here.
#include <cstdlib>
#include <initializer_list>
#include <memory>
#include <new>

#include "watch.h"

extern "C" {
#include "active.h"
}

static const uint64_t magic = 0x6172726179617272;
static const size_t header_size = 64;
static long news, deletes;

void *
operator new[](size_t n)
{
    char *block = static_cast<char *>(malloc(header_size + n));

    if (block == nullptr)
        throw std::bad_alloc();
    memcpy(block, &magic, sizeof(magic));
    news++;
    return block + header_size;
}

void
operator delete[](void *p) noexcept
{
    char *block = static_cast<char *>(p) - header_size;

    if (p == nullptr)
        return;
    REQUIRE(memcmp(block, &magic, sizeof(magic)) == 0);
    memset(block, 0, sizeof(magic));
    deletes++;
    free(block);
}

using std::nothrow;
using std::nothrow_t;

static void *(*volatile new_one)(size_t) = ::operator new;
static void *(*volatile new_array)(size_t) = ::operator new[];
static void *(*volatile new_nothrow)(size_t, const nothrow_t &) noexcept =
    ::operator new;
static void *(*volatile new_array_nothrow)(size_t, const nothrow_t &) noexcept =
    ::operator new[];
static void (*volatile delete_one)(void *) noexcept = ::operator delete;
static void (*volatile delete_array)(void *) noexcept = ::operator delete[];
static void (*volatile delete_sized)(void *,
                                     size_t) noexcept = ::operator delete;
static void (*volatile delete_array_sized)(void *, size_t) noexcept =
    ::operator delete[];
static void (*volatile delete_array_nothrow)(
    void *, const nothrow_t &) noexcept = ::operator delete[];

static void *
filled(void *p, size_t n)
{
    REQUIRE(p != nullptr);
    memset(p, 0x5a, n);
    return p;
}

static void
try_arrays(size_t n)
{
    news = deletes = 0;
    delete_array(filled(new_array(n), n));
    delete_array_sized(filled(new_array(n), n), n);
    delete_array_nothrow(filled(new_array(n), n), nothrow);
    delete_array(filled(new_array_nothrow(n, nothrow), n));
    delete_array_sized(filled(new_array_nothrow(n, nothrow), n), n);
    filled(std::make_unique<char[]>(n).get(), n);
    REQUIRE(news == 6 && deletes == 6);
}

static void
try_objects(size_t n)
{
    news = deletes = 0;
    delete_one(filled(new_one(n), n));
    delete_sized(filled(new_one(n), n), n);
    delete_sized(filled(new_nothrow(n, nothrow), n), n);
    REQUIRE(news == 0 && deletes == 0);
}

int
main()
{
    require_active();
    watchdog(60);
    for (size_t n : {TINY, SMALL, MIDDLE, LARGE}) {
        try_arrays(n);
        try_objects(n);
    }
    return 0;
}
