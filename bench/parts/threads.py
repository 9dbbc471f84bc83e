# SPDX-License-Identifier: MIT
"""Several threads at once, and blocks that another thread frees."""
import os

from driver import gnuplot
from driver.allocators import OURS
from driver.engine import Cell
from driver.rows import group, median, table
from parts.simple import uncontrolled as choose  # noqa: F401

NAME, TITLE = "threads", "Threads"
TARGETS = ["bench_threads"]
ROUNDS = {"smoke": 1, "quick": 2, "full": 11}
SHARE = 0.05
WHAT = {"threads": "16 MiB, 1 % used, N threads",
        "processes": "16 MiB, 1 % used, N processes",
        "small": "64 to 1,024 bytes, freed by another thread",
        "large": "2 MiB, freed by another thread"}


def counts():
    """1, 2, 4, ... and the number of processors."""
    cores = os.cpu_count() or 1
    return sorted({1 << i for i in range(7) if 1 << i <= cores} | {cores})


def cells(mode, build):
    ms = {"smoke": 20, "quick": 150, "full": 500}[mode]
    return [Cell({"work": text, "N": n}, [build / "bench" / "bench_threads",
                                          work, n, ms, "LIBRARY"])
            for work, text in WHAT.items()
            for n in (counts() if work in ("threads", "processes")
                      else [max(2, counts()[-1])])]


def section(rows, names):
    return ("Operations a second, all together:\n\n" + table(
        rows, names, "per_second", ["work", "N"], lambda v: f"{v:,.0f}",
        least=0, more_is_better=True))


def pictures(rows, names, out):
    cells_ = group(rows, "per_second")
    chosen = {c: f for c, f in cells_.items()
              if c[0] in (WHAT["threads"], WHAT["processes"])}
    series = {n: [median(f, n) for f in chosen.values()] for n in names
              if any(n in f for f in chosen.values())}
    return [gnuplot.bars(out / "threads.svg", "calloc of 16 MiB, use of 1 %, "
                         "free: cycles a second, all together",
                         [f"{c[1]} {c[0].split()[-1]}" for c in chosen],
                         series, "cycles a second", log=True)]


def checks(rows, names):
    cells_ = group(rows, "per_second")
    most = counts()[-1]
    pair = [median(cells_.get((WHAT[w], most), {}), OURS)
            for w in ("threads", "processes")]
    if None in pair:
        return []
    ratio = pair[0] / pair[1]
    return [(f"{most} threads over {most} processes, 16 MiB, 1 % used",
             "at least 0.85", f"{ratio:.2f}", ratio >= 0.85)]
