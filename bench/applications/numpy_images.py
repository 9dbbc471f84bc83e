# SPDX-License-Identifier: MIT
"""numpy_images.py STACKS: frames of several sizes are stacked, aligned,
averaged and cut into tiles."""
import sys

import numpy

rng = numpy.random.default_rng(1)
total = 0.0
for turn in range(int(sys.argv[1])):
    height = 900 + 100 * (turn % 4)
    noise = rng.integers(256, size=(height, 1600, 3), dtype=numpy.uint8)
    frames = [numpy.roll(noise, shift, axis=1) for shift in range(6)]
    stack = numpy.stack([frame.astype(numpy.float32) for frame in frames])
    mean = stack.mean(axis=0)
    sharp = numpy.clip(2 * stack[0] - mean, 0, 255).astype(numpy.uint8)
    tiles = [sharp[y:y + 256, x:x + 256].copy()
             for y in range(0, height, 256) for x in range(0, 1600, 256)]
    padded = numpy.pad(sharp, ((8, 8), (8, 8), (0, 0)), mode="edge")
    total += sum(int(tile.sum()) for tile in tiles) + int(padded.sum())
print(f"{total:.0f}")
