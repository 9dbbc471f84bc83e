// SPDX-License-Identifier: MIT
//
// The program's own operator new refuses: its exception passes through the
// derived forms, and the nothrow ones turn it into a null pointer. Preloaded
// jemalloc 5.3.0, tcmalloc 2.10 and mimalloc 2.0.9 fail here.
#include <cstdlib>
#include <initializer_list>
#include <new>
#include <vector>

#include "watch.h"

extern "C" {
#include "active.h"
}

static volatile bool refuse;
static long news, deletes;

struct refused : std::bad_alloc {
};

void *
operator new(size_t n)
{
    void *p = refuse ? nullptr : malloc(n);

    if (p == nullptr)
        throw refused();
    news++;
    return p;
}

void
operator delete(void *p) noexcept
{
    if (p != nullptr)
        deletes++;
    free(p);
}

static void *(*volatile new_one)(size_t) = ::operator new;
static void *(*volatile new_array)(size_t) = ::operator new[];

template <typename Call>
static bool
throws(Call call)
{
    try {
        call();
    } catch (const refused &) {
        return true;
    }
    return false;
}

static void
try_refusal(size_t n)
{
    refuse = true;
    REQUIRE(throws([n] { new_one(n); }));
    REQUIRE(throws([n] { new_array(n); }));
    REQUIRE(throws([n] { std::vector<char> v(n); }));
    REQUIRE(::operator new(n, std::nothrow) == nullptr);
    REQUIRE(::operator new[](n, std::nothrow) == nullptr);
    refuse = false;
}

// An array half built: the constructor throws, delete[] must get it back.
struct third_throws {
    third_throws()
    {
        if (++built == 3)
            throw refused();
    }
    ~third_throws()
    {
        built--;
    }
    static int built;
    char bytes[100];
};

int third_throws::built;

static void
try_half_built_array()
{
    news = deletes = 0;
    third_throws::built = 0;
    REQUIRE(throws([] { delete[] new third_throws[50000]; }));
    REQUIRE(news == 1 && deletes == 1);
}

int
main()
{
    require_active();
    watchdog(60);
    for (size_t n : {TINY, SMALL, MIDDLE, LARGE})
        try_refusal(n);
    try_half_built_array();
    return 0;
}
