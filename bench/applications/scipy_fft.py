# SPDX-License-Identifier: MIT
"""scipy_fft.py TIMES: convolutions by fast Fourier transforms."""
import sys

import numpy
from scipy import fft, signal

rng = numpy.random.default_rng(1)
total = 0.0
for turn in range(int(sys.argv[1])):
    image = rng.random((2000 + 300 * (turn % 3), 2000))
    spectrum = fft.fft2(image)
    spectrum[500:, 500:] = 0
    total += float(fft.ifft2(spectrum).real.mean())
    kernel = rng.random((41, 41))
    total += float(signal.fftconvolve(image, kernel, mode="same").mean())
print(f"{total:.4f}")
