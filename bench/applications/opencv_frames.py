# SPDX-License-Identifier: MIT
"""opencv_frames.py FRAMES: a pipeline over frames of 7680 x 4320."""
import sys

import cv2
import numpy

rng = numpy.random.default_rng(1)
small = rng.integers(256, size=(540, 960, 3), dtype=numpy.uint8)
total = 0
for turn in range(int(sys.argv[1])):
    frame = cv2.resize(numpy.roll(small, turn, axis=1), (7680, 4320))
    grey = cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY)
    smooth = cv2.blur(grey, (5, 5))
    edges = cv2.absdiff(smooth, cv2.medianBlur(grey, 3))
    turned = cv2.rotate(frame, cv2.ROTATE_90_CLOCKWISE)
    half = cv2.resize(turned, (2160, 3840), interpolation=cv2.INTER_NEAREST)
    total += int(cv2.countNonZero(edges)) + int(half[::7, ::7].sum())
print(total)
