# SPDX-License-Identifier: MIT
"""numpy_expressions.py TIMES: expressions over arrays of 64 MB."""
import sys

import numpy

rng = numpy.random.default_rng(1)
a, b = rng.random(8_000_000), rng.random(8_000_000)
total = 0.0
for _ in range(int(sys.argv[1])):
    c = numpy.sqrt(a * a + b * b) - a / (b + 1)
    small = (c[::2] * 2 + c[1::2]).astype(numpy.float32)
    total += float(c.mean()) + float(small.mean(dtype=numpy.float64))
print(f"{total:.6f}")
