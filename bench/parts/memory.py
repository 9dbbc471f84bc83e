# SPDX-License-Identifier: MIT
"""Resident memory: dense use, free, sparse use, free, rest."""
from driver import gnuplot
from driver.allocators import CONTROL, OURS, TUNED
from driver.engine import Cell
from driver.judge import MIB
from driver.rows import group, markdown, median

NAME, TITLE = "rss", "Resident memory over time"
TARGETS = ["bench_rss"]
ROUNDS = {"smoke": 1, "quick": 1, "full": 5}
SHARE = 0.03
BACKGROUND, SMALL = OURS + ", background", OURS + ", 64 MiB kept"
KEPT = 64 * MIB
# Of the library itself: its tables, the heap's first pages.
OWN_KIB = 4096
REST_MS = 2200


def cells(mode, build):
    blocks, size = (5, 4 * MIB) if mode == "smoke" else (50, 8 * MIB)
    rest = 40 if mode == "smoke" else REST_MS
    return [Cell({"blocks": blocks, "size": size},
                 [build / "bench" / "bench_rss", blocks, size, rest,
                  "LIBRARY"])]


def choose(allocators):
    chosen = {n: a for n, a in allocators.items()
              if n not in (CONTROL, TUNED)}
    ours = allocators[OURS]
    chosen[BACKGROUND] = ours.variant(BACKGROUND, LAZYZERO_BACKGROUND="1")
    chosen[SMALL] = ours.variant(SMALL, LAZYZERO_RETAIN="64M")
    return chosen


def section(rows, names):
    lines = []
    fields = ("dense", "freed", "sparse", "rest")
    groups = {field: group(rows, field) for field in fields}
    for cell in groups["dense"]:
        for name in groups["dense"][cell]:
            values = [median(groups[f][cell], name) for f in fields]
            lines.append([name] + [f"{v / 1024:.0f}" for v in values])
    cell = rows[0]["cell"]
    return (f"The program writes {cell['blocks']} blocks of "
            f"{cell['size'] // MIB} MiB in full and frees all of them (dense). "
            "Then it allocates as many by calloc, uses 1 % of each, and frees "
            "all of them (sparse). Then it rests for two decay times. MiB above "
            "the program's start:\n\n" + markdown(
                ["", "peak, dense", "freed", "peak, sparse", "after the rest"],
                lines))


def pictures(rows, names, out):
    curves = {row["allocator"]: [(ms / 1000, kib / 1024)
                                 for ms, kib in row["curve"]]
              for row in rows if row["round"] == 0 and "curve" in row}
    return [gnuplot.curves(out / "rss.svg", "Resident memory: written in full, "
                           "freed, 1 % used, freed, rest", curves,
                           "set xlabel 'seconds'\nset ylabel 'MiB resident'\n"
                           "set yrange [0:*]\nset key outside right top\n",
                           900, 460)]


def checks(rows, names):
    result = []
    for cell, figures in group(rows, "dense").items():
        live = cell[0] * cell[1] // 1024
        for field, most in (("dense", live), ("sparse", live // 100)):
            seen = median(group(rows, field)[cell], SMALL)
            if seen is None:
                continue
            limit = most + KEPT // 1024 + OWN_KIB
            result.append((f"rss: peak, {field}, at most live + budget "
                           "(64 MiB)", f"{limit // 1024} MiB",
                           f"{seen / 1024:.0f} MiB", seen <= limit))
        rest = median(group(rows, "rest")[cell], BACKGROUND)
        if rest is not None and cell[0] >= 50:
            result.append(("rss: background, two decay times after the last "
                           "free", "within 10 MiB of the live set (nothing)",
                           f"{rest / 1024:.1f} MiB", rest <= 10240))
    return result
