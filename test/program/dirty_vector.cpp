// SPDX-License-Identifier: MIT
//
// What C++ programs zero large memory with: containers of n elements, which
// store some themselves and leave the rest to memset, and arrays that are made
// by value.
#include <memory>
#include <string>
#include <vector>

extern "C" {
#include "dirty.h"
}

static const size_t bytes = 6 * MIB;

// The next blocks are made of dirt.
static void
leave_dirt()
{
    use_all(bytes);
    use_all(bytes - 100);
}

template <typename T>
static void
check_elements(const T *p, size_t count, T value)
{
    for (size_t i = 0; i < count; i++)
        REQUIRE(p[i] == value);
}

template <typename T>
static void
check_vectors()
{
    const size_t count = bytes / sizeof(T);

    leave_dirt();
    std::vector<T> zeros(count);
    check_elements(zeros.data(), count, T(0));
    leave_dirt();
    std::vector<T> ones(count, T(1));
    check_elements(ones.data(), count, T(1));
    zeros.resize(2 * count);
    check_elements(zeros.data(), 2 * count, T(0));
    zeros.assign(count, T(0));
    check_elements(zeros.data(), count, T(0));
    std::fill(ones.begin(), ones.end(), T(0));
    check_elements(ones.data(), count, T(0));
}

template <typename T>
static void
check_arrays()
{
    const size_t count = bytes / sizeof(T);

    leave_dirt();
    T *array = new T[count]();
    check_elements(array, count, T(0));
    delete[] array;
    leave_dirt();
    auto owned = std::make_unique<T[]>(count);
    check_elements(owned.get(), count, T(0));
}

static void
check_strings()
{
    leave_dirt();
    std::string zeros(bytes, '\0');
    check_elements(zeros.data(), bytes, '\0');
    leave_dirt();
    zeros.resize(2 * bytes);
    check_elements(zeros.data(), 2 * bytes, '\0');
}

// Of fresh memory nothing is written: LAZYZERO_MEMSET is on.
static void
check_cost()
{
    size_t before;

    malloc_trim(0);
    before = resident_bytes();
    std::vector<char> zeros(100 * MIB);
    auto array = std::make_unique<char[]>(100 * MIB);
    REQUIRE(resident_bytes() < before + 20 * MIB);
    REQUIRE(zeros[50 * MIB] == 0 && array[50 * MIB] == 0);
}

int
main(int argc, char **argv)
{
    require_active();
    watchdog(60);
    check_vectors<char>();
    check_vectors<short>();
    check_vectors<int>();
    check_vectors<long>();
    check_vectors<double>();
    check_arrays<char>();
    check_arrays<int>();
    check_arrays<double>();
    check_strings();
    if (argc == 2 && strcmp(argv[1], "cost") == 0)
        check_cost();
    return 0;
}
