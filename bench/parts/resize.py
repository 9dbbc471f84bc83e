# SPDX-License-Identifier: MIT
"""realloc: growth by doubling, and what a shrink gives back."""
from driver import gnuplot
from driver.allocators import GLIBC, OURS, peers
from driver.engine import Cell
from driver.judge import MIB, duration, size_name
from driver.rows import group, median, table
from parts.simple import uncontrolled as choose  # noqa: F401

NAME, TITLE = "realloc", "realloc: doubling from 1 MiB, contents verified"
TARGETS = ["bench_realloc"]
ROUNDS = {"smoke": 1, "quick": 2, "full": 7}
SHARE = 0.08


def cells(mode, build):
    largest = {"smoke": 4 * MIB, "quick": 128 * MIB, "full": 1024 * MIB}[mode]
    return [Cell({"largest": largest},
                 [build / "bench" / "bench_realloc", largest, "LIBRARY"])]


def section(rows, names):
    named = [{**r, "cell": {"largest": size_name(r["cell"]["largest"])}}
             for r in rows]
    return ("Time of all realloc calls:\n\n" +
            table(named, names, "growth", ["to"], duration) +
            "\n\nMiB resident after shrinking that block to 2 MiB:\n\n" +
            table(named, names, "resident", ["from"],
                  lambda kib: f"{kib / 1024:.1f}", least=1024))


def pictures(rows, names, out):
    cell, figures = max(group(rows, "growth").items())
    series = {n: [median(figures, n) / 1e6] for n in names if n in figures}
    return [gnuplot.bars(out / "realloc.svg",
                         "realloc by doubling, 1 MiB to "
                         f"{size_name(cell[0])}: time of the calls",
                         [size_name(cell[0])], series, "milliseconds",
                         log=True)]


def checks(rows, names):
    result = []
    for cell, figures in group(rows, "growth").items():
        ours = median(figures, OURS)
        if ours is None:
            continue
        for peer in peers(figures):
            most = 1.1 if peer.startswith(GLIBC) else 0.2
            ratio = ours / median(figures, peer)
            result.append((f"realloc doubling to {size_name(cell[0])}, over "
                           f"{peer}", f"at most {most}", f"{ratio:.3f}",
                           ratio <= most))
    for cell, figures in group(rows, "resident").items():
        ours, glibc = median(figures, OURS), median(figures, GLIBC)
        if ours and glibc:
            result.append(("realloc: resident after the shrink, over glibc",
                           "at most 1.1", f"{ours / glibc:.2f}",
                           ours <= 1.1 * glibc))
    return result
