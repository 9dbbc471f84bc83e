# SPDX-License-Identifier: MIT
"""Blocks of 64 KiB to 4 MiB: malloc and free, by one thread and by two."""
import os

from driver import gnuplot
from driver.allocators import OURS
from driver.engine import Cell
from driver.rows import group, median, table
from parts.simple import only, uncontrolled as choose  # noqa: F401

NAME, TITLE = "middle", "Blocks of 64 KiB to 4 MiB"
TARGETS = ["bench_middle"]
ROUNDS = {"smoke": 1, "quick": 5, "full": 15}
SHARE = 0.05
KIB = (64, 256, 1024, 2048, 3072, 4096)
WHO = {"same": "freed by the same thread", "other": "freed by another thread"}
THREADS = 64
MOST_MIB = 8  # for each CPU


def size(kib):
    return f"{kib} KiB" if kib < 1024 else f"{kib // 1024} MiB"


def cells(mode, build):
    program = build / "bench" / "bench_middle"
    count = 1000 if mode == "smoke" else 100000
    timed = [Cell({"figure": "time", "freed": text, "block": size(kib)},
                  [program, who, kib * 1024, count, "LIBRARY"])
             for who, text in WHO.items() for kib in KIB]
    return timed + [Cell({"figure": "idle"},
                         [program, "idle", KIB[-1] * 1024, THREADS, "LIBRARY"])]


def section(rows, names):
    return ("Nanoseconds for a malloc, the write of one byte and the free:\n\n" +
            table(only(rows, figure="time"), names, "ns",
                  ["figure", "freed", "block"], lambda v: f"{v:.1f}") +
            f"\n\nMiB that stay resident after {THREADS} threads, now idle, "
            "used such blocks in full:\n\n" +
            table(only(rows, figure="idle"), names, "kib", ["figure"],
                  lambda v: f"{v / 1024:.0f}"))


def pictures(rows, names, out):
    cells_ = group(only(rows, figure="time"), "ns")
    series = {n: [median(f, n) for f in cells_.values()] for n in names
              if any(n in f for f in cells_.values())}
    return [gnuplot.bars(out / "middle.svg", "malloc and free of one block",
                         [f"{c[2]}, {'2 threads' if 'another' in c[1] else '1 thread'}"
                          for c in cells_], series, "nanoseconds", log=True)]


def judge(cell, figures):
    """The claim about this cell, its limit, what was seen, whether it holds."""
    ours, glibc = median(figures, OURS), median(figures, "glibc")
    best = min((median(figures, n) for n in figures if n != OURS), default=None)
    if None in (ours, glibc, best):
        return None
    what = f"middle, {cell[2]}, {cell[1]}"
    if cell[1] == WHO["other"]:
        return (f"{what}: over the best peer", "at most 1.30",
                f"{ours / best:.2f}", ours / best <= 1.3)
    return (f"{what}: over glibc, above the best peer",
            "at most 2.50, 20 ns", f"{ours / glibc:.2f}, {ours - best:.0f} ns",
            ours <= 2.5 * glibc and ours - best <= 20)


def checks(rows, names):
    result = [judge(cell, figures) for cell, figures in
              group(only(rows, figure="time"), "ns").items()]
    for figures in group(only(rows, figure="idle"), "kib").values():
        ours, theirs = median(figures, OURS), median(figures, "jemalloc")
        if None not in (ours, theirs):
            more, most = (ours - theirs) / 1024, MOST_MIB * (os.cpu_count() or 1)
            result.append((f"middle, {THREADS} idle threads: MiB above jemalloc",
                           f"at most {most}", f"{more:+.0f}", more <= most))
    return [r for r in result if r is not None]
