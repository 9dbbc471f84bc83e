# SPDX-License-Identifier: MIT
"""The cells of the grid, how they are judged, and how they are shown."""
import math
import random
import statistics

KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30
SIZES = [64 * KIB, 256 * KIB, MIB, 4 * MIB, 10 * MIB, 50 * MIB, 100 * MIB,
         200 * MIB, 500 * MIB, GIB]
KINDS = ["calloc", "malloc", "memset", "new"]
PREFIXES = ["0", "0.01", "0.1", "0.5", "1"]
SCATTERED = ["every2", "every10", "every100", "random10", "mixed"]

OURS = "liblazyzero"
CONTROL = "glibc again"

# A difference below is nobody's concern, in nanoseconds.
NOISE_NS = 1000


def size_name(size):
    """10 MiB as "10M"."""
    for unit, bytes_ in (("G", GIB), ("M", MIB), ("K", KIB)):
        if size >= bytes_:
            return f"{size // bytes_}{unit}"
    return str(size)


def limit(cell, figure):
    """The ratio to a peer above which a cell counts as behind."""
    if figure == "first":
        return 1.25
    if cell["pages"] == "every2":
        return 1.3 if cell["size"] <= 100 * MIB else 2.5
    return 1.10


def lower_bound(ratios, rng, rounds=1000):
    """The bootstrap 95 % lower bound of the median of paired ratios."""
    medians = sorted(
        statistics.median(rng.choices(ratios, k=len(ratios)))
        for _ in range(rounds))
    return medians[int(rounds * 0.05)]


def judge(ours, theirs, most):
    """behind, ahead or tied, and the median of the paired ratios."""
    ratios = [a / b for a, b in zip(ours, theirs)]
    difference = statistics.median(ours) - statistics.median(theirs)
    rng = random.Random(1)
    ratio = statistics.median(ratios)
    if difference > NOISE_NS and lower_bound(ratios, rng) > most:
        return "behind", ratio
    inverse = [1 / r for r in ratios]
    if -difference > NOISE_NS and lower_bound(inverse, rng) > 1:
        return "ahead", ratio
    return "tied", ratio


def duration(ns):
    """12.3 us and the like, three digits."""
    for unit, scale in (("s", 1e9), ("ms", 1e6), ("us", 1e3)):
        if ns >= scale:
            return f"{ns / scale:.3g} {unit}"
    return f"{ns:.0f} ns"


def geometric_mean(values):
    values = [v for v in values if v > 0]
    return math.exp(sum(map(math.log, values)) / len(values)) if values else 0
