// SPDX-License-Identifier: MIT
// vectors TIMES: vectors that grow, are copied, sorted and joined.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <numeric>
#include <string>
#include <vector>

int
main(int, char **argv)
{
    uint64_t total = 0, state = 1;

    for (int turn = 0; turn < atoi(argv[1]); turn++) {
        std::vector<uint64_t> grown;

        for (size_t i = 0; i < 3000000 + 1000000 * (turn % 3u); i++) {
            state = state * 6364136223846793005u + 1442695040888963407u;
            grown.push_back(state >> 33);
        }
        std::vector<uint64_t> copy(grown.begin(), grown.begin() + 500000);
        std::sort(copy.begin(), copy.end());
        std::vector<std::vector<int>> table(64, std::vector<int>(100000));
        for (size_t i = 0; i < grown.size(); i++)
            table[grown[i] % 64][grown[i] % 100000]++;
        std::string text;
        for (uint64_t n : copy)
            text += std::to_string(n);
        total += text.size() + copy[1000] + table[3][77] +
                 std::accumulate(grown.begin(), grown.end(), uint64_t{0});
    }
    printf("%llu\n", (unsigned long long)total);
}
