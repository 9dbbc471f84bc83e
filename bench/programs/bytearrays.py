# SPDX-License-Identifier: MIT
"""bytearrays.py MB TIMES: bytearray(n), of which one byte is written."""
import sys
import time

size, times = int(sys.argv[1]) << 20, int(sys.argv[2])
took = []
for _ in range(times):
    start = time.perf_counter_ns()
    block = bytearray(size)
    took.append(time.perf_counter_ns() - start)
    block[size // 2] = 1
    del block
print(f'{{"first_ns": {took[0]}, "slowest_ns": {max(took)}}}')
