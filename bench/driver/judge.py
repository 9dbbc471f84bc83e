# SPDX-License-Identifier: MIT
"""How figures are compared, and how they are shown."""
import math
import random
import statistics

KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30

# A difference below is nobody's concern, in nanoseconds.
NOISE_NS = 1000


def size_name(size):
    """10 MiB as "10M"."""
    for unit, bytes_ in (("G", GIB), ("M", MIB), ("K", KIB)):
        if size >= bytes_:
            return f"{size // bytes_}{unit}"
    return str(size)


def parse_size(text):
    """The inverse: "10M" as 10 MiB; ValueError for what is none."""
    units = {"K": KIB, "M": MIB, "G": GIB}
    number, unit = (text[:-1], units[text[-1:].upper()]) \
        if text[-1:].upper() in units else (text, 1)
    return int(number) * unit


def bounds(ratios, rng, rounds=1000):
    """The bootstrap 95 % lower and upper bound of the median of paired ratios."""
    medians = sorted(
        statistics.median(rng.choices(ratios, k=len(ratios)))
        for _ in range(rounds))
    return medians[int(rounds * 0.05)], medians[int(rounds * 0.95)]


def judge(ours, theirs, most, least=NOISE_NS):
    """behind, ahead or tied, and the median of the paired ratios."""
    ratios = [a / b for a, b in zip(ours, theirs)]
    difference = statistics.median(ours) - statistics.median(theirs)
    rng = random.Random(1)
    ratio = statistics.median(ratios)
    if difference > least and bounds(ratios, rng)[0] > most:
        return "behind", ratio
    inverse = [1 / r for r in ratios]
    if -difference > least and bounds(inverse, rng)[0] > 1:
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
