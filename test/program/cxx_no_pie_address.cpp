// SPDX-License-Identifier: MIT
//
// A program that is not position independent and takes the address of operator
// new and delete: these addresses are then in the program, for every library
// too, and what is called there is still the library's.
#include <cstdint>
#include <cstdlib>
#include <initializer_list>
#include <new>

#include "watch.h"

static void *(*const new_one)(size_t) = ::operator new;
static void *(*const new_array)(size_t) = ::operator new[];
static void (*const delete_one)(void *) noexcept = ::operator delete;
static void (*const delete_array)(void *) noexcept = ::operator delete[];
static void (*const delete_sized)(void *, size_t) noexcept = ::operator delete;
static void (*const delete_array_sized)(void *,
                                        size_t) noexcept = ::operator delete[];

static void *
filled(void *p, size_t n)
{
    REQUIRE(p != nullptr);
    memset(p, 0x5a, n);
    return p;
}

static void
try_forms(size_t n)
{
    delete_one(filled(new_one(n), n));
    delete_sized(filled(new_one(n), n), n);
    delete_array(filled(new_array(n), n));
    delete_array_sized(filled(new_array(n), n), n);
    delete_array_sized(filled(::operator new[](n, std::nothrow), n), n);
}

static bool
throws(void *(*function)(size_t))
{
    try {
        function(SIZE_MAX - 4096);
    } catch (const std::bad_alloc &) {
        return true;
    }
    return false;
}

int
main()
{
    require_active_by_name();
    watchdog(60);
    for (size_t n : {TINY, SMALL, MIDDLE, LARGE})
        try_forms(n);
    REQUIRE(throws(new_one));
    REQUIRE(throws(new_array));
    return 0;
}
