# SPDX-License-Identifier: MIT
"""memset(p, 0, n) through our wrapper, and libc's own."""
import shutil

from driver import gnuplot
from driver.allocators import CONTROL, GLIBC, OURS
from driver.engine import Cell
from driver.rows import group, median, table
from parts.simple import only

NAME, TITLE = "memset", "memset: what the wrapper costs"
TARGETS = ["bench_memset"]
ROUNDS = {"smoke": 1, "quick": 3, "full": 15}
SHARE = 0.02
SIZES = [16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384]
SCRIPT = ("count() { valgrind --tool=callgrind --callgrind-out-file=counts "
          "\"$1\" $2 $3 \"$4\" >log 2>&1 || { cat log >&2; exit 1; }\n"
          "sed -n 's/^totals: //p' counts; }\n"
          "few=$(count \"$1\" $2 100 \"$3\") || exit 1\n"
          "many=$(count \"$1\" $2 1100 \"$3\") || exit 1\n"
          "echo \"{\\\"instructions\\\": $(((many - few) / 50))}\"")


def cells(mode, build):
    program = build / "bench" / "bench_memset"
    count = {"smoke": 1000, "quick": 400000, "full": 1000000}[mode]
    timed = [Cell({"figure": "time", "bytes": n},
                  [program, n, max(1000, count // (1 + n // 512)), "LIBRARY"])
             for n in SIZES]
    if shutil.which("valgrind") is None or mode == "smoke":
        return timed
    return timed + [Cell({"figure": "instructions", "bytes": n},
                         ["sh", "-c", SCRIPT, "sh", program, n, "LIBRARY"],
                         folder=True, rounds=1) for n in (16, 256, 2048)]


def choose(allocators):
    return {n: allocators[n] for n in (GLIBC, CONTROL, OURS)}


def section(rows, names):
    text = "Nanoseconds a call:\n\n" + table(
        only(rows, figure="time"), names, "ns", ["figure", "bytes"],
        lambda v: f"{v:.2f}", least=1)
    counted = only(rows, figure="instructions")
    if counted:
        text += "\n\nInstructions a call, by callgrind:\n\n" + table(
            counted, names, "instructions", ["figure", "bytes"],
            lambda v: f"{v / 100:.2f}")
    return text


def pictures(rows, names, out):
    series = {n: [(cell[1], median(f, n)) for cell, f in
                  group(only(rows, figure="time"), "ns").items() if n in f]
              for n in (GLIBC, OURS)}
    return [gnuplot.curves(out / "memset.svg", "memset(p, 0, n): time of a "
                           "call, libc's own and through the wrapper", series,
                           "set logscale x 2\nset logscale y\n"
                           "set xlabel 'bytes'\nset ylabel 'nanoseconds'\n"
                           "set key left top\nset format y '%g'\n")]


def checks(rows, names):
    result = []
    for figure, field, scale, most in (("time", "ns", 1, 1.0),
                                       ("instructions", "instructions", 100,
                                        6)):
        more = [((median(f, OURS) - median(f, GLIBC)) / scale, cell[1])
                for cell, f in group(only(rows, figure=figure), field).items()
                if cell[1] < 4096 and OURS in f and GLIBC in f]
        if more:
            unit = "ns" if figure == "time" else "instructions"
            result.append((f"memset under 4 KiB: {unit} above libc's",
                           f"at most {most:g}",
                           f"{max(more)[0]:.2f} ({max(more)[1]} bytes)",
                           max(more)[0] <= most))
    return result
