/* SPDX-License-Identifier: MIT */
/* values MB TIMES: vectors and strings of so many MB, one element is used. */
#include <cstdlib>
#include <string>
#include <vector>

int
main(int, char **argv)
{
    size_t n = std::strtoul(argv[1], nullptr, 10) * 1000000;
    long times = std::atol(argv[2]);
    long sum = 0;

    for (long i = 0; i < times; i++) {
        std::vector<double> numbers(n / sizeof(double));
        std::string text(n, '\0');

        text[n / 2] = 1;
        sum += text[n / 2] + (numbers[n / 16] == 0);
    }
    return sum == 2 * times ? 0 : 1;
}
