# SPDX-License-Identifier: MIT
"""Value-initialised C++ blocks that nobody reads."""
from driver import gnuplot
from driver.allocators import OURS
from driver.engine import Cell
from driver.judge import duration
from driver.rows import group, median, table, verdict
from parts.simple import uncontrolled as choose  # noqa: F401

NAME, TITLE = "churn", "Churn: 20 live blocks of 5 to 25 MB, value-initialised"
TARGETS = ["bench_churn"]
ROUNDS = {"smoke": 1, "quick": 1, "full": 2}
SHARE = 0.12
WHAT = {"unique": "make_unique<char[]>(n)", "vector": "vector<int>(n)"}


def cells(mode, build):
    count = {"smoke": 3, "quick": 20, "full": 2000}[mode]
    return [Cell({"block": WHAT[block], "times": count},
                 [build / "bench" / "bench_churn", block, count, "LIBRARY"])
            for block in WHAT]


def section(rows, names):
    return table(rows, names, "total", ["block", "times"], duration)


def pictures(rows, names, out):
    cells_ = group(rows, "total")
    shown = [n for n in names if any(n in f for f in cells_.values())]
    series = {n: [(median(f, n) or float("nan")) / 1e9
                  for f in cells_.values()] for n in shown}
    times = next(iter(cells_))[1]
    return [gnuplot.bars(out / "churn.svg", f"{times} value-initialised blocks "
                         "of 5 to 25 MB", [c[0] for c in cells_], series,
                         "seconds", log=True)]


def checks(rows, names):
    result = []
    for cell, figures in group(rows, "total").items():
        seen = verdict(figures, names, 1.1)
        if seen:
            ratio = median(figures, OURS) / median(figures, seen[1])
            result.append((f"churn, {cell[0]}, {cell[1]} times",
                           "50 times faster than the fastest peer",
                           f"{1 / ratio:.0f} times ({seen[1]})",
                           ratio <= 0.02))
    return result
