# SPDX-License-Identifier: MIT
"""zeros.py sparse|full MOST-MB TIMES: numpy.zeros in a loop of rising sizes, of
which a thousandth or everything is written."""
import sys

import numpy

how, most, times = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
for _ in range(times):
    size = 1
    while size <= most:
        block = numpy.zeros(size * 1000000, dtype=numpy.uint8)
        block[:: 1 if how == "full" else len(block) // 10] = 1
        assert block[-1] == (how == "full" or (len(block) - 1) % (
            len(block) // 10) == 0)
        del block
        size = size * 5 if size < most / 5 else size + most
