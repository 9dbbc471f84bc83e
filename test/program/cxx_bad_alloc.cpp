// SPDX-License-Identifier: MIT
//
// cxx_bad_alloc huge|limit
//
// operator new without memory: the new_handler is asked until it gives up, then
// bad_alloc is thrown, and the nothrow forms return null. Either the request is
// larger than any memory, or the address space of the process is limited.
// mimalloc 2.0.9 aborts here.
#include <cstdint>
#include <cstdlib>
#include <new>
#include <stdexcept>
#include <string>
#include <sys/resource.h>
#include <vector>

#include "watch.h"

extern "C" {
#include "active.h"
}

static volatile size_t huge = SIZE_MAX / 4;
static int handler_calls;

// Volatile, so that no allocation is optimised away.
static void *volatile block;

template <typename Exception, typename Call>
static bool
throws(Call call)
{
    try {
        call();
    } catch (const Exception &) {
        return true;
    }
    return false;
}

static void
try_forms()
{
    REQUIRE(throws<std::bad_alloc>([] { block = new char[huge]; }));
    REQUIRE(throws<std::bad_alloc>([] { block = ::operator new(huge); }));
    REQUIRE(throws<std::bad_alloc>(
        [] { block = ::operator new(huge, std::align_val_t(4096)); }));
    REQUIRE(throws<std::bad_alloc>([] { std::vector<char> v(huge); }));
    REQUIRE(throws<std::bad_alloc>([] { std::string s(huge, 'x'); }));
    errno = 0;
    REQUIRE((block = new (std::nothrow) char[huge]) == nullptr);
    REQUIRE(errno == ENOMEM);
    REQUIRE(::operator new(huge, std::nothrow) == nullptr);
    REQUIRE(::operator new[](huge, std::align_val_t(64), std::nothrow) ==
            nullptr);
}

// Gives up the second time.
static void
handle_twice()
{
    if (++handler_calls == 2)
        std::set_new_handler(nullptr);
}

static void
handle_by_throwing()
{
    handler_calls++;
    throw std::overflow_error("handler");
}

static void
try_handlers(bool array)
{
    auto request = [array] {
        ::operator delete(array ? ::operator new[](huge)
                                : ::operator new(huge));
    };

    handler_calls = 0;
    std::set_new_handler(handle_twice);
    REQUIRE(throws<std::bad_alloc>(request));
    REQUIRE(handler_calls == 2);
    std::set_new_handler(handle_by_throwing);
    REQUIRE(throws<std::overflow_error>(request));
    REQUIRE(handler_calls == 3);
    std::set_new_handler(nullptr);
}

static void
try_nothrow_handler()
{
    handler_calls = 0;
    std::set_new_handler(handle_twice);
    REQUIRE((block = new (std::nothrow) char[huge]) == nullptr);
    REQUIRE(handler_calls == 2);
    REQUIRE(std::get_new_handler() == nullptr);
}

static char *reserve;

static void
handle_by_freeing()
{
    handler_calls++;
    if (reserve == nullptr)
        throw std::bad_alloc();
    delete[] reserve;
    reserve = nullptr;
}

static void
limit_address_space(size_t bytes)
{
    struct rlimit limit = {bytes, bytes};

    REQUIRE(setrlimit(RLIMIT_AS, &limit) == 0);
}

// The handler gives back what makes the second try succeed.
static void
try_freeing_handler()
{
    const size_t n = size_t(400) << 20;
    char *volatile second;

    handler_calls = 0;
    reserve = new char[n];
    std::set_new_handler(handle_by_freeing);
    second = new char[n];
    REQUIRE(handler_calls == 1 && reserve == nullptr);
    second[0] = second[n - 1] = 1;
    REQUIRE(throws<std::bad_alloc>([] { block = new char[n]; }));
    REQUIRE(handler_calls == 2);
    std::set_new_handler(nullptr);
    delete[] second;
    second = new char[n];
    delete[] second;
}

int
main(int argc, char **argv)
{
    require_active();
    watchdog(60);
    REQUIRE(argc == 2);
    if (strcmp(argv[1], "limit") == 0) {
        limit_address_space(size_t(700) << 20);
        huge = size_t(1000) << 20;
        try_freeing_handler();
    }
    try_forms();
    try_handlers(false);
    try_handlers(true);
    try_nothrow_handler();
    use_every_size();
    return 0;
}
