# SPDX-License-Identifier: MIT
"""zeroed.py numpy|bytearray BYTES [LIBRARY]: as zeroed.c, for Python.

Prints nanoseconds and KiB. Fails unless LIBRARY is mapped into this process.
"""
import sys
import time


def read(path):
    with open(path) as file:
        return file.read()


def kib(key):
    return int(read("/proc/self/status").split(key)[1].split()[0])


if sys.argv[1] == "numpy":
    import numpy

    def make(n):
        return numpy.zeros(n, numpy.uint8)
else:
    make = bytearray

size = int(sys.argv[2])

with open("/proc/self/clear_refs", "w") as file:
    file.write("5")
before = kib("VmRSS:")
start = time.perf_counter_ns()
block = make(size)
end = time.perf_counter_ns()
peak = kib("VmHWM:")

if sys.argv[3:] and sys.argv[3] not in read("/proc/self/maps"):
    sys.exit(sys.argv[3] + " is not active")
print(end - start, peak - before)
