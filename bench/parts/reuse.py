# SPDX-License-Identifier: MIT
"""Freed pages that serve blocks of other sizes."""
from driver import gnuplot
from driver.allocators import OURS, TUNED
from driver.engine import Cell
from driver.judge import duration
from driver.rows import group, median, table
from parts.simple import uncontrolled as choose  # noqa: F401

NAME, TITLE = "reuse", "Reuse by blocks of other sizes"
TARGETS = ["bench_reuse"]
ROUNDS = {"smoke": 1, "quick": 1, "full": 5}
SHARE = 0.06
ROWS = {"smoke": (6, 24), "quick": (60, 300), "full": (300, 300)}


def cells(mode, build):
    rounds, most = ROWS[mode]
    program = build / "bench" / "bench_reuse"
    return [Cell({"blocks": "24 sizes", "times": rounds},
                 [program, "sizes", rounds, most, "LIBRARY"]),
            Cell({"blocks": "three become one", "times": 6},
                 [program, "join", 6, most // 3 * 2, "LIBRARY"])]


def section(rows, names):
    def show(field, form):
        return table(rows, names, field, ["blocks", "times"], form, least=0.1)

    return ("Buffers of 24 sizes up to 300 MiB come and go in random order, "
            "three at a time; and three freed blocks are followed by one of "
            "their size. Page faults, in pages of the most that was live:\n\n" +
            show("faults", lambda v: f"{v:.2f}") +
            "\n\nThe peak of the resident set, in bytes of that:\n\n" +
            show("resident", lambda v: f"{v:.2f}") +
            "\n\nTime, writing included:\n\n" + show("ns", duration))


def pictures(rows, names, out):
    cells_ = group(rows, "faults")
    shown = [n for n in names if any(n in f for f in cells_.values())]
    series = {n: [median(f, n) for f in cells_.values()] for n in shown}
    return [gnuplot.bars(out / "reuse.svg", "Page faults of blocks that reuse "
                         "freed memory", [c[0] for c in cells_], series,
                         "faults for each page of the peak", log=True)]


def checks(rows, names):
    result = []
    for cell, figures in group(rows, "faults").items():
        ours = median(figures, OURS)
        peers = [median(figures, n) for n in figures
                 if n not in (OURS, TUNED)]
        if ours is None or not peers or cell[1] < 60:
            continue
        result.append((f"reuse, {cell[0]}: faults for each page of the peak",
                       "at most 1.1", f"{ours:.2f}; the fewest of a peer "
                       f"{min(peers):.2f}", ours <= 1.1))
        seen = median(group(rows, "resident")[cell], OURS)
        result.append((f"reuse, {cell[0]}: peak RSS over the live bytes",
                       "at most 1.1", f"{seen:.2f}", seen <= 1.1))
    return result
