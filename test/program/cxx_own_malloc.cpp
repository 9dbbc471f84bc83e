// SPDX-License-Identifier: MIT
//
// A program with a malloc of its own, which operator new and delete call: both
// in the C++ runtime, and so here.
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <map>
#include <new>
#include <string>
#include <vector>

#include "watch.h"

extern "C" {
#include "active.h"
}

#define EXPORT extern "C" __attribute__((visibility("default")))

alignas(64) static char memory[64 << 20];
static size_t used, mallocs, frees;

static bool
is_own(const void *p)
{
    return p >= memory && p < memory + sizeof(memory);
}

EXPORT void *
aligned_alloc(size_t align, size_t n)
{
    used = (used + align - 1) & ~(align - 1);
    mallocs++;
    if (n > sizeof(memory) - used)
        return nullptr;
    used += n;
    return memory + used - n;
}

EXPORT void *
malloc(size_t n)
{
    return aligned_alloc(16, n);
}

EXPORT void *
calloc(size_t count, size_t n)
{
    return malloc(count * n);
}

EXPORT void *
realloc(void *p, size_t n)
{
    void *q = malloc(n);

    if (p != nullptr)
        memcpy(q, p, n);
    return q;
}

EXPORT void
free(void *p)
{
    REQUIRE(p == nullptr || is_own(p));
    frees += p != nullptr;
}

static void
use(size_t n)
{
    size_t mallocs_before = mallocs, frees_before = frees;
    void *volatile p = ::operator new(n);
    void *volatile q = ::operator new[](n);
    void *volatile r = ::operator new(n, std::nothrow);
    void *volatile s = ::operator new(n, std::align_val_t(64));

    REQUIRE(is_own(p) && is_own(q) && is_own(r) && is_own(s));
    REQUIRE(reinterpret_cast<uintptr_t>(s) % 64 == 0);
    REQUIRE(mallocs == mallocs_before + 4);
    ::operator delete(p);
    ::operator delete[](q, n);
    ::operator delete(r, std::nothrow);
    ::operator delete(s, std::align_val_t(64));
    REQUIRE(frees == frees_before + 4);
    // A pointer that new gave is free's too, in such programs.
    free(::operator new(n));
    p = malloc(n);
    ::operator delete(p, n);
}

int
main()
{
    if (lazyzero_is_active == nullptr)
        return 99;
    for (size_t n : {0, 1, 100, 5000, 40000, 3 << 20})
        use(n);
    std::map<int, std::string> words;
    for (int i = 0; i < 1000; i++)
        words[i] = std::string(100, 'x');
    std::vector<int> numbers(1 << 20, 7);
    return numbers[12345] == 7 && words[77].size() == 100 ? 0 : 1;
}
