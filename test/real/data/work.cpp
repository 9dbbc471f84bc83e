/* SPDX-License-Identifier: MIT */
/* Containers, threads, exceptions. */
#include <algorithm>
#include <future>
#include <iostream>
#include <map>
#include <memory>
#include <new>
#include <numeric>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace
{

struct alignas(128) Wide {
    char bytes[3000];
};

struct Thrower {
    std::vector<int> own = std::vector<int>(1000000, 1);
    explicit Thrower(int n)
    {
        if (n % 3 == 0)
            throw std::runtime_error("thrower " + std::to_string(n));
    }
};

bool
all_zero(const std::vector<char> &v)
{
    return std::all_of(v.begin(), v.end(), [](char c) { return c == 0; });
}

long
work(int number)
{
    long sum = 0;

    for (int i = 1; i < 30; i++) {
        std::vector<char> zeros(static_cast<size_t>(100000) * i + number);
        sum += all_zero(zeros) ? 1 : -1000000;
        std::fill(zeros.begin(), zeros.end(), 'x');
        std::vector<std::string> strings;
        for (int k = 0; k < 500; k++)
            strings.push_back(std::string(k, 'a') + std::to_string(k));
        sum += static_cast<long>(strings.back().size());
    }
    return sum;
}

void
run_threads()
{
    std::vector<std::future<long>> results;

    for (int i = 0; i < 6; i++)
        results.push_back(std::async(std::launch::async, work, i));
    for (auto &result : results)
        std::cout << "thread " << result.get() << "\n";
}

void
throw_and_catch()
{
    int caught = 0;

    for (int i = 0; i < 30; i++) {
        try {
            Thrower thrower(i);
            caught += thrower.own.back() - 1;
        } catch (const std::runtime_error &error) {
            caught++;
            if (i == 9)
                std::cout << error.what() << "\n";
        }
    }
    std::thread([] {
        try {
            throw std::string(5000000, 't');
        } catch (const std::string &s) {
            std::cout << "thread caught " << s.size() << "\n";
        }
    }).join();
    std::cout << "caught " << caught << "\n";
}

void
run_out_of_memory()
{
    volatile size_t huge = static_cast<size_t>(-1) / 4;

    try {
        std::cout << static_cast<void *>(new char[huge]) << "\n";
    } catch (const std::bad_alloc &error) {
        std::cout << error.what() << "\n";
    }
    std::cout << (new (std::nothrow) char[huge] == nullptr) << "\n";
    try {
        std::vector<long>().reserve(huge);
    } catch (const std::length_error &) {
        std::cout << "length_error\n";
    }
}

void
fill_containers()
{
    std::vector<int> numbers;
    std::map<int, std::string> names;
    std::vector<std::unique_ptr<Wide>> wide;
    bool aligned = true;

    for (int i = 0; i < 3000000; i++)
        numbers.push_back(i);
    for (int i = 0; i < 50000; i++)
        names[i * 7 % 50000] = std::to_string(i);
    for (int i = 0; i < 2000; i++) {
        wide.push_back(std::make_unique<Wide>());
        aligned = aligned &&
                  reinterpret_cast<uintptr_t>(wide.back().get()) % 128 == 0;
    }
    std::cout << std::accumulate(numbers.begin(), numbers.end(), 0L) << " "
              << names.size() << " " << names[777] << " " << aligned << "\n";
}

} // namespace

int
main(int argc, char **)
{
    fill_containers();
    run_threads();
    throw_and_catch();
    run_out_of_memory();
    std::cout.flush();
    if (argc > 1)
        throw std::logic_error("not caught");
}
