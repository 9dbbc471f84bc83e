// SPDX-License-Identifier: MIT
//
// A program replaces the plain operator new and delete only. The standard says
// where every other form must then end: in these (C++17, [new.delete]), but for
// the aligned ones, which have a base of their own. Preloaded jemalloc 5.3.0,
// tcmalloc 2.10 and mimalloc 2.0.9 keep new[] for themselves and fail here.
#include <cstdlib>
#include <initializer_list>
#include <map>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include "watch.h"

static const uint64_t magic = 0x6d616769636d6167;

struct header {
    uint64_t magic;
    size_t size;
    char padding[56 - sizeof(size_t)];
};

static_assert(sizeof(header) == 64, "keeps the alignment of malloc");

static long news, deletes;

void *
operator new(size_t n)
{
    header *block = static_cast<header *>(malloc(sizeof(header) + n));

    if (block == nullptr)
        throw std::bad_alloc();
    block->magic = magic;
    block->size = n;
    news++;
    return block + 1;
}

void
operator delete(void *p) noexcept
{
    header *block = static_cast<header *>(p) - 1;

    if (p == nullptr)
        return;
    REQUIRE(block->magic == magic);
    block->magic = 0;
    deletes++;
    free(block);
}

// Called through these, so that no form is optimised away or inlined.
using std::align_val_t;
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
static void (*volatile delete_nothrow)(void *, const nothrow_t &) noexcept =
    ::operator delete;
static void (*volatile delete_array_nothrow)(
    void *, const nothrow_t &) noexcept = ::operator delete[];

// One block came from the base, of this size, and is not yet gone.
static void *
checked(void *p, size_t n)
{
    header *block = static_cast<header *>(p) - 1;

    REQUIRE(p != nullptr);
    REQUIRE(news == deletes + 1);
    REQUIRE(block->magic == magic && block->size == n);
    memset(p, 0x5a, n);
    return p;
}

static void
require_balance(long expected)
{
    REQUIRE(news == expected);
    REQUIRE(deletes == expected);
}

// Every new meets every delete of its kind.
static void
try_forms(size_t n)
{
    news = deletes = 0;
    delete_one(checked(new_one(n), n));
    delete_sized(checked(new_one(n), n), n);
    delete_nothrow(checked(new_one(n), n), nothrow);
    delete_one(checked(new_nothrow(n, nothrow), n));
    delete_sized(checked(new_nothrow(n, nothrow), n), n);
    require_balance(5);
    delete_array(checked(new_array(n), n));
    delete_array_sized(checked(new_array(n), n), n);
    delete_array_nothrow(checked(new_array(n), n), nothrow);
    delete_array(checked(new_array_nothrow(n, nothrow), n));
    delete_array_sized(checked(new_array_nothrow(n, nothrow), n), n);
    require_balance(10);
}

static void
try_aligned_forms(size_t n)
{
    static const align_val_t align{256};
    void *p = ::operator new(n, align);

    news = deletes = 0;
    REQUIRE(reinterpret_cast<unsigned long>(p) % 256 == 0);
    memset(p, 0x5a, n);
    ::operator delete(p, align);
    p = ::operator new[](n, align);
    ::operator delete[](p, n, align);
    p = ::operator new(n, align, nothrow);
    ::operator delete(p, n, align);
    require_balance(0);
}

static void
try_library()
{
    news = deletes = 0;
    {
        std::vector<int> numbers(1000);
        std::vector<char> many(LARGE);
        std::string text(200, 'x');
        std::map<int, std::string> map;
        auto array = std::make_unique<int[]>(300000);
        auto shared = std::make_shared<std::string>(text);

        for (int i = 0; i < 100; i++)
            map[i] = text + *shared;
        REQUIRE(news >= 200 && deletes < news);
    }
    REQUIRE(news == deletes);
}

int
main()
{
    require_active_by_name();
    watchdog(60);
    for (size_t n : {TINY, SMALL, MIDDLE, LARGE}) {
        try_forms(n);
        try_aligned_forms(n);
    }
    try_library();
    return 0;
}
