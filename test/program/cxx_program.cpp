// SPDX-License-Identifier: MIT
//
// An ordinary C++ program: containers, strings, streams, threads, exceptions
// and smart pointers, each with a result that is known.
#include <algorithm>
#include <cstdlib>
#include <deque>
#include <future>
#include <iostream>
#include <list>
#include <map>
#include <memory>
#include <numeric>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "watch.h"

extern "C" {
#include "active.h"
}

static void
try_containers()
{
    std::map<int, std::string> map;
    std::unordered_map<std::string, std::list<int>> lists;
    std::deque<std::vector<int>> queue;

    for (int i = 0; i < 5000; i++) {
        map[i] = std::string(size_t(i % 100), 'x');
        lists[std::to_string(i % 50)].push_back(i);
        queue.emplace_back(size_t(i % 100), i);
        if (queue.size() > 100)
            queue.pop_front();
    }
    REQUIRE(map.size() == 5000 && map[4999].size() == 99);
    REQUIRE(lists["49"].size() == 100 && lists["49"].back() == 4999);
    REQUIRE(queue.back() == std::vector<int>(99, 4999));
}

// Grows one element at a time across the threshold, to 16 MiB.
static void
try_growing_vector()
{
    std::vector<int> numbers;

    for (int i = 0; i < 4 << 20; i++)
        numbers.push_back(i);
    REQUIRE(std::accumulate(numbers.begin(), numbers.end(), 0LL) ==
            (4LL << 20) * ((4LL << 20) - 1) / 2);
    std::vector<int> copy(numbers), zeros(4 << 20);
    std::reverse(copy.begin(), copy.end());
    REQUIRE(copy.front() == (4 << 20) - 1 && copy.back() == 0);
    REQUIRE(all_bytes_are(zeros.data(), 0, zeros.size() * sizeof(int)));
    numbers.resize(10);
    numbers.shrink_to_fit();
    REQUIRE(numbers.back() == 9);
}

struct noisy : std::runtime_error {
    using std::runtime_error::runtime_error;
    std::vector<char> payload = std::vector<char>(2 * LARGE);
};

static int
throw_down(int depth)
{
    std::vector<char> local(size_t(depth) * 10000);

    if (depth == 0)
        throw noisy("bottom");
    return throw_down(depth - 1) + local[0];
}

static void
try_exceptions()
{
    int caught = 0;

    for (int i = 0; i < 20; i++) {
        try {
            throw_down(30);
        } catch (const noisy &error) {
            caught += std::string(error.what()) == "bottom";
            REQUIRE(all_bytes_are(error.payload.data(), 0, 2 * LARGE));
        }
    }
    REQUIRE(caught == 20);
}

static long
sum_of(std::shared_ptr<std::vector<int>> numbers)
{
    return std::accumulate(numbers->begin(), numbers->end(), 0L);
}

static void
try_threads()
{
    auto numbers = std::make_shared<std::vector<int>>(1 << 20, 3);
    std::weak_ptr<std::vector<int>> watch = numbers;
    std::vector<std::future<long>> sums;

    for (int i = 0; i < 16; i++)
        sums.push_back(std::async(std::launch::async, sum_of, numbers));
    numbers.reset();
    for (auto &sum : sums)
        REQUIRE(sum.get() == 3L << 20);
    sums.clear();
    REQUIRE(watch.expired());
}

static void
try_streams()
{
    std::stringstream stream;
    std::string word;
    long long sum = 0;

    for (int i = 0; i < 300000; i++)
        stream << i << ' ';
    REQUIRE(stream.str().size() > (1u << 20));
    while (stream >> word)
        sum += std::stol(word);
    REQUIRE(sum == 300000LL * 299999 / 2);
    std::cout << "sum " << sum << std::endl;
}

int
main()
{
    require_active();
    watchdog(60);
    try_containers();
    try_growing_vector();
    try_exceptions();
    try_threads();
    try_streams();
    return 0;
}
