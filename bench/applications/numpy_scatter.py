# SPDX-License-Identifier: MIT
"""numpy_scatter.py TIMES: zeroed arrays of 200 MB, few elements of each set."""
import sys

import numpy

rng = numpy.random.default_rng(1)
total = 0
for _ in range(int(sys.argv[1])):
    counts = numpy.zeros(25_000_000, dtype=numpy.int64)
    where = rng.integers(len(counts), size=2000)
    numpy.add.at(counts, where, 1)
    total += int(counts[where].sum())
print(total)
