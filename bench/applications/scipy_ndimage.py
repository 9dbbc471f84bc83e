# SPDX-License-Identifier: MIT
"""scipy_ndimage.py TIMES: filters and labels over an image of 3000 x 3000."""
import sys

import numpy
from scipy import ndimage

rng = numpy.random.default_rng(1)
total = 0
for turn in range(int(sys.argv[1])):
    image = rng.random((3000 - 200 * turn, 3000), dtype=numpy.float32)
    smooth = ndimage.gaussian_filter(image, 3)
    edges = numpy.hypot(ndimage.sobel(smooth, 0), ndimage.sobel(smooth, 1))
    labels, count = ndimage.label(smooth > 0.5)
    small = ndimage.zoom(edges, 0.5, order=1)
    total += count + int(labels.max()) + small.shape[0]
print(total)
