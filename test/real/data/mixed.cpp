/* SPDX-License-Identifier: MIT */
/* jemalloc's functions, libc's and C++'s on each other's blocks. */
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <malloc.h>
#include <new>
#include <sys/resource.h>
#include <vector>

#include <jemalloc/jemalloc.h>

namespace
{

const size_t sizes[] = {1, 100, 5000, 100000, 700000, 3000000, 20000000};

struct alignas(256) Aligned {
    char bytes[5000000];
};

bool
is_zero(const void *p, size_t n)
{
    const char *c = static_cast<const char *>(p);

    return std::all_of(c, c + n, [](char byte) { return byte == 0; });
}

bool
mix_c(size_t n)
{
    char *p = static_cast<char *>(mallocx(n, MALLOCX_ZERO));
    bool good = is_zero(p, n) && sallocx(p, 0) >= n;

    memset(p, 'x', n);
    p = static_cast<char *>(realloc(p, 2 * n));
    good = good && p[0] == 'x' && p[n - 1] == 'x';
    p = static_cast<char *>(rallocx(p, 3 * n, MALLOCX_ALIGN(64)));
    good = good && malloc_usable_size(p) >= 3 * n;
    free(p);
    p = static_cast<char *>(calloc(1, n));
    good = good && is_zero(p, n) && nallocx(n, 0) >= n;
    sdallocx(p, n, 0);
    p = static_cast<char *>(aligned_alloc(128, (n + 127) / 128 * 128));
    dallocx(p, 0);
    return good;
}

bool
mix_cxx(size_t n)
{
    char *p = new (std::nothrow) char[n];
    char *q = static_cast<char *>(::operator new(n, std::nothrow));
    char *r = new char[n];
    bool good = p != nullptr && q != nullptr;

    memset(p, 1, n);
    memset(q, 2, n);
    delete[] p;
    ::operator delete(q);
    operator delete[](r, std::nothrow);
    return good;
}

bool
mix_aligned()
{
    Aligned *p = new Aligned();
    Aligned *q = new (std::nothrow) Aligned;
    bool good =
        is_zero(p, sizeof(*p)) && (reinterpret_cast<uintptr_t>(q) & 255) == 0;

    delete p;
    delete q;
    return good;
}

bool
ask_jemalloc()
{
    size_t value = 0, length = sizeof(value);
    const char *version = nullptr;
    size_t version_length = sizeof(version);

    return mallctl("arenas.page", &value, &length, nullptr, 0) == 0 &&
           value >= 4096 &&
           mallctl("version", &version, &version_length, nullptr, 0) == 0 &&
           strlen(version) > 0;
}

/* Blocks until bad_alloc: each of them must be of the allocator that frees. */
void
run_out_of_memory(size_t n)
{
    static char *blocks[100000];
    size_t count = 0;

    try {
        for (;;)
            blocks[count++] = new char[n];
    } catch (const std::bad_alloc &) {
        count--;
    }
    for (size_t i = 0; i < count; i++)
        delete[] blocks[i];
    std::cout << "out of memory " << (count > 10) << std::endl;
}

} // namespace

int
main()
{
    const struct rlimit limit = {1u << 30, 1u << 30};
    std::vector<int> numbers(2000000);

    for (size_t n : sizes)
        std::cout << n << " " << mix_c(n) << " " << mix_cxx(n) << std::endl;
    std::cout << "aligned " << mix_aligned() << std::endl;
    std::cout << "mallctl " << ask_jemalloc() << std::endl;
    /* Its buffer comes from operator new (nothrow). */
    for (size_t i = 0; i < numbers.size(); i++)
        numbers[i] = static_cast<int>(i * 7919 % 1000003);
    std::stable_sort(numbers.begin(), numbers.end());
    std::cout << numbers[1000000] << std::endl;

    setrlimit(RLIMIT_AS, &limit);
    run_out_of_memory(5000000);
    run_out_of_memory(50000);
}
