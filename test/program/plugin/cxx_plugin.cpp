// SPDX-License-Identifier: MIT
//
// A C++ extension for a program that is not C++: loaded by dlopen, it brings
// its C++ runtime into a scope of its own. Both functions return 1.
#include <cstdint>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <vector>

static volatile size_t huge = SIZE_MAX / 4;

// Volatile, so that no allocation is optimised away.
static void *volatile block;

extern "C" int plugin_allocates(size_t n);
extern "C" int plugin_catches(void);

int
plugin_allocates(size_t n)
{
    std::vector<char> zeroed(n);
    auto array = std::make_unique<std::string[]>(100);

    for (char c : zeroed) {
        if (c != 0)
            return 0;
    }
    array[99] = std::string(n, 'x');
    return array[99].size() == n && array[99].back() == 'x';
}

template <typename Call>
static bool
throws(Call call)
{
    try {
        call();
    } catch (const std::bad_alloc &) {
        return true;
    }
    return false;
}

static void
make_vector()
{
    std::vector<char> v(huge);

    block = v.data();
}

int
plugin_catches(void)
{
    block = new (std::nothrow) char[huge];
    return block == nullptr && throws([] { block = new char[huge]; }) &&
           throws([] { block = ::operator new(huge); }) &&
           throws(make_vector) && throws([] { throw std::bad_alloc(); });
}
