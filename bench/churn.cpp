/* SPDX-License-Identifier: MIT */
/*
 * churn unique|vector COUNT LIBRARY: value-initialised blocks that are never
 * read: 20 live ones, COUNT times one is replaced by another of a random 5 to
 * 25 MB, by std::make_unique<char[]> or by std::vector<int>.
 */
#include <memory>
#include <random>
#include <vector>

#include "clock.h"
#include "owner.h"

static const size_t live = 20;

static uint64_t
churn_unique(long count, std::mt19937 &random)
{
    std::uniform_int_distribution<size_t> size(5000000, 25000000);
    std::unique_ptr<char[]> slots[live];
    uint64_t start = now();

    for (long i = 0; i < count; i++)
        slots[random() % live] = std::make_unique<char[]>(size(random));
    return now() - start;
}

static uint64_t
churn_vector(long count, std::mt19937 &random)
{
    std::uniform_int_distribution<size_t> size(5000000, 25000000);
    std::vector<int> slots[live];
    uint64_t start = now();

    for (long i = 0; i < count; i++)
        slots[random() % live] = std::vector<int>(size(random) / sizeof(int));
    return now() - start;
}

int
main(int argc, char **argv)
{
    std::mt19937 random(1);

    if (argc != 4) {
        fprintf(stderr, "usage: churn unique|vector COUNT LIBRARY\n");
        return 2;
    }
    require_owner("malloc", argv[3]);
    printf("{\"total\": %llu}\n",
           (unsigned long long)(strcmp(argv[1], "unique") == 0
                                    ? churn_unique
                                    : churn_vector)(atol(argv[2]), random));
    return 0;
}
