# SPDX-License-Identifier: MIT
"""Where a mapping of its own begins to pay: both paths of liblazyzero."""
from driver import gnuplot
from driver.allocators import OURS
from driver.engine import Cell
from driver.judge import KIB, MIB, duration, size_name
from driver.rows import group, markdown, median

NAME, TITLE = "threshold", "The threshold: a mapping, or jemalloc's block"
TARGETS = ["grid"]
ROUNDS = {"smoke": 1, "quick": 2, "full": 9}
SHARE = 0.06
REGION, BACKEND = OURS + ", mapping", OURS + ", jemalloc's block"
SIZES = [32 * KIB << i for i in range(12)]


def cells(mode, build):
    sizes = {"smoke": SIZES[4:7], "quick": SIZES[1:10], "full": SIZES}[mode]
    return [Cell({"kind": kind, "size": size, "pages": pages},
                 [build / "bench" / "grid", kind, size, pages, 1000,
                  2 if mode == "smoke" else 10, "LIBRARY"])
            for kind in ("calloc", "memset") for pages in
            (("0.01",) if mode == "smoke" else ("0", "0.01", "0.1", "1"))
            for size in sizes]


def choose(allocators):
    ours = allocators[OURS]
    return {REGION: ours.variant(REGION, LAZYZERO_THRESHOLD="32K"),
            BACKEND: ours.variant(BACKEND, LAZYZERO_THRESHOLD="1G")}


def section(rows, names):
    lines = []
    steady, first = group(rows, "steady"), group(rows, "first")
    for cell, figures in steady.items():
        values = [median(f, name) for f in (figures, first[cell])
                  for name in (REGION, BACKEND)]
        if None not in values:
            lines.append([cell[0], cell[2], size_name(cell[1])] +
                         [duration(v) for v in values] +
                         [f"{values[0] / values[1]:.2f}",
                          f"{values[2] / values[3]:.2f}"])
    return ("The same cycle, once with `LAZYZERO_THRESHOLD` below the size (a "
            "mapping) and once above it (jemalloc's block, zeroed by the "
            "library). There are two crossovers: for memset at a few hundred "
            "KiB, and for calloc where jemalloc begins to give freed blocks "
            "back. The default lies between them, at 2 MiB, the unit of a "
            "mapping.\n\n" + markdown(
                ["kind", "pages", "size", "steady, mapping", "steady, jemalloc",
                 "first, mapping", "first, jemalloc", "steady ratio",
                 "first ratio"], lines))


def pictures(rows, names, out):
    drawn = []
    for kind, what in (("calloc", "calloc"), ("memset", "malloc + memset")):
        series = {}
        for cell, figures in sorted(group(rows, "steady").items(), key=str):
            pair = median(figures, REGION), median(figures, BACKEND)
            if cell[0] == kind and None not in pair:
                label = f"{float(cell[2]):.0%} used"
                series.setdefault(label, []).append(
                    (cell[1] / MIB, pair[0] / pair[1]))
        if series:
            drawn.append(gnuplot.curves(
                out / f"threshold-{kind}.svg",
                f"{what}, steady: time with a mapping over time with "
                "jemalloc's block",
                {k: sorted(v) for k, v in series.items()},
                "set logscale xy\nset xrange [0.02:100]\n"
                "set key bottom left\nset format y '%g'\n"
                "set xlabel 'size of the block'\n"
                "set ylabel 'ratio (below 1 the mapping is faster)'\n"
                "set xtics ('32K' 0.03125, '128K' 0.125, '512K' 0.5, '2M' 2, "
                "'8M' 8, '32M' 32)\nset arrow from 0.02,1 to 100,1 nohead "
                "lw 2 lc rgb '#000000'\nset arrow from 2,graph 0 to 2,graph 1 "
                "nohead dt 2 lc rgb '#666666'\n"
                "set label '2 MiB' at 2.2,graph 0.05\n"))
    return drawn


def checks(rows, names):
    return []
