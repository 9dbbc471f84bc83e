# SPDX-License-Identifier: MIT
"""Real programs, unmodified: wall, user, system, page faults, peak memory."""
import shutil
import subprocess
import sys
from pathlib import Path

from driver import gnuplot
from driver.allocators import OURS, TUNED, peers
from driver.engine import Cell
from driver.judge import duration
from driver.rows import group, markdown, median, paired, verdict
from parts.simple import uncontrolled

NAME, TITLE = "programs", "Real programs, unmodified"
TARGETS = ["lazyzero", "bench_spawn"]
ROUNDS = {"smoke": 1, "quick": 1, "full": 5}
SHARE = 0.15
FEWEST = 5  # whole runs, with the spread
HERE = Path(__file__).resolve().parent.parent / "programs"
PYTHON = "/usr/bin/python3"
SMOKE = ("python bytearray", "C++ vector, string")


def programs(mode, work):
    """The only list: title, what it needs, command, numpy needed."""
    large = {"smoke": 10, "quick": 100, "full": 500}[mode]
    buffer = {"smoke": 10, "quick": 100, "full": 1000}[mode]
    few = 3 if mode == "full" else 1
    image = {"smoke": "500x500", "quick": "3000x2000",
             "full": "8000x6000"}[mode]
    frames = {"smoke": "2", "quick": "5", "full": "60"}[mode]
    requests = {"smoke": 2000, "quick": 40000, "full": 600000}[mode]
    return [
        ("numpy.zeros, sparse", [PYTHON], [PYTHON, HERE / "zeros.py", "sparse",
                                           large, few]),
        ("numpy.zeros, full", [PYTHON], [PYTHON, HERE / "zeros.py", "full",
                                         large, 1]),
        ("python bytearray", [PYTHON], [PYTHON, HERE / "bytearrays.py", buffer,
                                        few]),
        ("node Buffer.alloc", ["node"], ["node", HERE / "buffers.js", buffer]),
        ("C++ vector, string", [work / "values"], [work / "values", large,
                                                   few]),
        ("redis", ["redis-server", "redis-benchmark"],
         [HERE / "redis.sh", requests]),
        ("gcc, a large file", [work / "large.c", "gcc"],
         ["gcc", "-O1", "-c", "-o", "large.o", work / "large.c"]),
        ("sqlite, a database", ["sqlite3"], ["sqlite3", "new.db", "-init",
                                             HERE / "rows.sql", ".quit"]),
        ("ImageMagick, blank image", ["/usr/bin/convert"],
         ["/usr/bin/convert", "-size", image, "xc:black", "-resize", "10%",
          "small.png"]),
        ("ffmpeg, blank video", ["/usr/bin/ffmpeg"],
         ["/usr/bin/ffmpeg", "-nostdin", "-v", "error", "-f", "lavfi", "-i",
          "color=black:s=3840x2160", "-frames:v", frames, "-f", "null", "-"]),
        ("Go, C.calloc", [work / "buffer"], [work / "buffer", large, few * 5]),
        ("java starting", ["/usr/bin/java", work / "Start.class"],
         ["/usr/bin/java", "-cp", work, "Start"]),
    ]


def build_one(command, out, text=None):
    if shutil.which(str(command[0])) is None:
        return
    done = subprocess.run([str(c) for c in command], capture_output=True,
                          text=True, check=False)
    if done.returncode != 0:
        print(f"bench: programs: {command[0]}: {done.stderr[-300:]}",
              file=sys.stderr)
    elif text:
        out.write_text(done.stdout, encoding="utf-8")


def prepare(mode, work):
    """What is compiled once, without any allocator of ours."""
    work.mkdir(parents=True, exist_ok=True)
    functions = {"smoke": 20, "quick": 150, "full": 2500}[mode]
    build_one([sys.executable, HERE / "generate_source.py", functions],
              work / "large.c", text=True)
    build_one(["g++", "-O2", "-o", work / "values", HERE / "values.cpp"], None)
    if mode == "smoke":
        return
    if not (work / "buffer").exists():
        build_one(["go", "build", "-o", work / "buffer", HERE / "buffer.go"],
                  None)
    if not (work / "Start.class").exists():
        build_one(["javac", "-d", work, HERE / "Start.java"], None)


def cells(mode, build):
    work = build / "bench" / "programs"
    prepare(mode, work)
    chosen = []
    for title, needs, command in programs(mode, work):
        if mode == "smoke" and title not in SMOKE:
            continue
        absent = [n for n in needs if shutil.which(str(n)) is None and
                  not Path(n).exists()]
        if absent:
            print(f"bench: {title}: no {Path(absent[0]).name} here: left out "
                  "(scripts/setup bench installs all)", file=sys.stderr)
            continue
        chosen.append(Cell({"program": title}, command, folder=True,
                           spawn=build / "bench" / "bench_spawn"))
    return chosen


def choose(allocators):
    return {n: a for n, a in uncontrolled(allocators).items() if n != TUNED}


COLUMNS = [("wall", "wall", lambda v: duration(v * 1e9)),
           ("user", "user", lambda v: duration(v * 1e9)),
           ("system", "system", lambda v: duration(v * 1e9)),
           ("faults", "page faults", lambda v: f"{v:,.0f}"),
           ("peak", "peak MiB", lambda v: f"{v / 1024:.0f}")]


def section(rows, names):
    lines = []
    groups = {field: group(rows, field) for field, _, _ in COLUMNS}
    for cell, figures in groups["wall"].items():
        word = verdict(figures, names, 1.10, 0.005)
        for name in figures:
            ratios = [b / a for a, b in zip(*paired(figures, name, OURS))]
            values = sorted(figures[name].values())
            lines.append([cell[0], name] + [
                show(median(groups[field][cell], name))
                for field, _, show in COLUMNS] + [
                f"{duration(values[0] * 1e9)} to {duration(values[-1] * 1e9)}",
                f"{sorted(ratios)[len(ratios) // 2]:.2f}" if ratios else "",
                word[0] if word and name == OURS else ""])
    return ("Medians of whole runs, by wait4, including children. \"liblazyzero "
            "over it\" is the wall time of liblazyzero, divided by that of this "
            "allocator.\n\n" +
            markdown(["program", "allocator"] + [c[1] for c in COLUMNS] +
                     ["least to most", "liblazyzero over it", "verdict"],
                     lines) + "\n\n" + extras(rows))


def cost(walls, peaks, name, between=", "):
    """"1.98 s, 1008 MiB": median time and median peak memory of a program."""
    wall, peak = median(walls, name), median(peaks, name)
    return "" if wall is None else \
        f"{duration(wall * 1e9)}{between}{peak / 1024:.0f} MiB"


def headline(rows, names):
    """All programs, for the README."""
    walls, peaks = group(rows, "wall"), group(rows, "peak")
    shown = [n for n in names if any(n in f for f in walls.values())]
    return markdown(
        ["whole program: time, peak memory"] + shown,
        [[cell[0]] + [cost(figures, peaks[cell], n) for n in shown]
         for cell, figures in walls.items()])


def opening(rows):
    """One program, for the first lines of the README."""
    walls, peaks = (group(rows, field).get(("python bytearray",), {})
                    for field in ("wall", "peak"))
    if "glibc" not in walls or OURS not in walls:
        return ""
    return ("For example, a Python program that makes large bytearrays and uses "
            f"little of each took {cost(walls, peaks, 'glibc', ' and ')} under "
            f"glibc, and {cost(walls, peaks, OURS, ' and ')} with liblazyzero.")


def extras(rows):
    """What the programs print of themselves."""
    lines = []
    for field, show in (("slowest_ns", duration), ("first_ns", duration),
                        ("set", lambda v: f"{v:,.0f}/s"),
                        ("get", lambda v: f"{v:,.0f}/s")):
        for cell, figures in group(rows, field).items():
            for name, values in figures.items():
                ordered = sorted(values.values())
                lines.append([cell[0], field.removesuffix("_ns"), name,
                              show(median(figures, name)),
                              f"{show(ordered[0])} to {show(ordered[-1])}"])
    return markdown(["program", "its own figure", "allocator", "median",
                     "least to most"], lines) if lines else ""


def pictures(rows, names, out):
    cells_ = group(rows, "wall")
    shown = [n for n in names if any(n in f for f in cells_.values())]
    series = {n: [None if median(f, n) is None or "glibc" not in f else
                  median(f, n) / median(f, "glibc") for f in cells_.values()]
              for n in shown}
    return [gnuplot.bars(out / "programs.svg", "Real programs: wall time, "
                         "glibc = 1 (bars are cut off at 4)",
                         [c[0] for c in cells_], series,
                         "wall time, glibc = 1", most=4)]


def checks(rows, names):
    result = []
    cells_ = group(rows, "wall")
    for title in ("redis", "gcc, a large file", "sqlite, a database"):
        figures = cells_.get((title,))
        if not figures or OURS not in figures or "jemalloc" not in figures:
            continue
        best = min(peers(figures), key=lambda p: median(figures, p))
        ratio = median(figures, OURS) / median(figures, best)
        result.append((f"{title}: wall over the fastest peer ({best})",
                       "no regression: at most 1.1", f"{ratio:.3f}",
                       ratio <= 1.1))
    figures = group(rows, "slowest_ns").get(("python bytearray",), {})
    if OURS in figures:
        ns = median(figures, OURS)
        result.append(("python3 bytearray of up to 1000 MiB, the slowest",
                       "under 100 us", duration(ns), ns < 1e5))
    return result
