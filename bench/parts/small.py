# SPDX-License-Identifier: MIT
"""Small blocks: what an ordinary malloc and free cost."""
import shutil

from driver import gnuplot
from driver.allocators import OURS
from driver.engine import Cell
from driver.rows import group, median, table
from parts.simple import only, uncontrolled as choose  # noqa: F401

NAME, TITLE = "small", "Small blocks of 16 to 1,024 bytes"
TARGETS = ["pairs", "pairs_cxx"]
ROUNDS = {"smoke": 1, "quick": 3, "full": 15}
SHARE = 0.05
WHAT = {("pairs", "plain"): "C, freed at once",
        ("pairs", "churn"): "C, 400 live blocks",
        ("pairs_cxx", "plain"): "C++, freed at once",
        ("pairs_cxx", "churn"): "C++, 400 live blocks"}
SLOW_TO_COUNT = ("glibc", "glibc tuned", "mimalloc", "tcmalloc")
COUNT = ("valgrind --tool=callgrind --callgrind-out-file=counts \"$1\" $2 $3 "
         "\"$4\" >log 2>&1 || { cat log >&2; exit 1; }\n"
         "sed -n 's/^totals: //p' counts")
# The start of the program falls out of the difference of two counts.
SCRIPT = ("few=$(count \"$1\" 10000 \"$2\" \"$3\") || exit 1\n"
          "many=$(count \"$1\" 30000 \"$2\" \"$3\") || exit 1\n"
          "echo \"{\\\"instructions\\\": $(((many - few) / 200))}\"")


def cells(mode, build):
    count = 20000 if mode == "smoke" else 4000000
    timed = [Cell({"figure": "time", "work": text},
                  [build / "bench" / program, count, work, "LIBRARY", "time"])
             for (program, work), text in WHAT.items()]
    if shutil.which("valgrind") is None or mode == "smoke":
        return timed
    return timed + [
        Cell({"figure": "instructions", "work": text},
             ["sh", "-c", f"count() {{\n{COUNT}\n}}\n{SCRIPT}", "sh",
              build / "bench" / program, work, "LIBRARY"], folder=True,
             rounds=1, without=() if mode == "full" else SLOW_TO_COUNT)
        for (program, work), text in WHAT.items()]


def section(rows, names):
    text = ("Nanoseconds a pair of malloc and free (the loop included):\n\n" +
            table(only(rows, figure="time"), names, "ns", ["figure", "work"],
                  lambda v: f"{v:.1f}"))
    counted = only(rows, figure="instructions")
    if counted:
        text += ("\n\nInstructions a pair, by callgrind:\n\n" +
                 table(counted, names, "instructions", ["figure", "work"],
                       lambda v: f"{v / 100:.1f}"))
    return text


def pictures(rows, names, out):
    cells_ = group(only(rows, figure="time"), "ns")
    series = {n: [median(f, n) for f in cells_.values()] for n in names
              if any(n in f for f in cells_.values())}
    return [gnuplot.bars(out / "small.svg", "malloc and free of 16 to 1,024 "
                         "bytes", [c[1] for c in cells_], series,
                         "nanoseconds a pair")]


def checks(rows, names):
    result = []
    for cell, figures in group(only(rows, figure="instructions"),
                               "instructions").items():
        ours, theirs = median(figures, OURS), median(figures, "jemalloc")
        if ours and theirs:
            most = 16 if cell[1].startswith("C++") else 8
            more = (ours - theirs) / 100
            result.append((f"small, {cell[1]}: instructions above jemalloc",
                           f"at most {most}", f"{more:+.1f}", more <= most))
    return result
