# SPDX-License-Identifier: MIT
"""Real programs where large memory matters: what people preload allocators for."""
import math
import random
import statistics
import sys

from driver.allocators import GLIBC, OURS, TUNED
from driver.engine import Cell
from driver.judge import bounds, duration, geometric_mean
from driver.rows import group, markdown, median, paired
from parts import applications_chart
from parts.applications_list import absent, applications, make
from parts.simple import uncontrolled

NAME, TITLE = "applications", "Applications: unmodified programs from Debian"
TARGETS = ["lazyzero", "bench_spawn"]
ROUNDS = {"smoke": 1, "quick": 2, "full": 7}
SHARE = 1
FEWEST = 5
ALONE, SETUP, WARM = True, "bench", True
MINUTES = {"smoke": 1, "quick": 4, "full": 60}
SMOKE = ("perl, strings", "python, JSON")
# What guides for machine learning recommend, with jemalloc.
GUIDES = ("oversize_threshold:1,background_thread:true,metadata_thp:auto,"
          "dirty_decay_ms:9000000000,muzzy_decay_ms:9000000000")
JEMALLOC, JEMALLOC_ML = "jemalloc", "jemalloc, ML guides"


def cells(mode, build):
    work = build / "bench" / NAME
    work.mkdir(parents=True, exist_ok=True)
    modules = build / "npm" / "node_modules"
    return [Cell({"program": a.title, "kind": a.kind}, command(a, mode),
                 folder=True, output=True,
                 spawn=build / "bench" / "bench_spawn")
            for a in applications(work, modules)
            if chosen(a, mode) and ready(a, work, modules)]


def chosen(application, mode):
    if mode == "smoke":
        return application.title in SMOKE
    return mode == "full" or application.quick


def command(application, mode):
    return application.command[:-1] + [1] if mode == "smoke" \
        else application.command


def ready(application, work, modules):
    missing = absent(application, modules)
    if missing:
        print(f"bench: {application.title}: no {missing} here: left out "
              "(scripts/setup bench installs all)", file=sys.stderr)
        return False
    return all(make(work, name) for name in application.inputs)


def choose(allocators):
    """Debian's, jemalloc also as the guides set it, and what --with names."""
    found = {}
    for name, allocator in uncontrolled(allocators).items():
        if name != TUNED:
            found[name] = allocator
        if name == JEMALLOC:
            found[JEMALLOC_ML] = allocator.variant(JEMALLOC_ML,
                                                   MALLOC_CONF=GUIDES)
    return found


class Figures:
    """Medians of all programs, and their ratios."""

    def __init__(self, rows, names):
        self.groups = {field: group(rows, field) for field in (
            "wall", "user", "system", "faults", "huge", "peak", "end")}
        self.cells = [cell for cell, by in self.groups["wall"].items()
                      if GLIBC in by and OURS in by]
        self.names = [n for n in names if n != GLIBC]
        self.others = [n for n in self.names if n != OURS]

    def of(self, field, cell, name):
        return median(self.groups[field][cell], name)

    def ratio(self, field, cell, name, to=GLIBC):
        """Of medians of paired ratios; None where there is no pair."""
        pairs = paired(self.groups[field][cell], name, to)
        ratios = [a / b for a, b in zip(*pairs) if b > 0]
        return statistics.median(ratios) if ratios else None

    def best(self, field, cell):
        """The best other allocator and its ratio to glibc."""
        known = {n: self.ratio(field, cell, n) for n in self.others}
        known = {n: r for n, r in known.items() if r is not None}
        name = min(known, key=known.get, default=None)
        return (name, known[name]) if name else (None, math.nan)

    def mean(self, field, name):
        ratios = [self.ratio(field, cell, name) for cell in self.cells]
        return geometric_mean([r for r in ratios if r is not None])

    def is_first(self, cell, name):
        """Is it the fastest, or within 3 % of it?"""
        ratio = self.ratio("wall", cell, name)
        return ratio is not None and ratio <= 1.03 * min(
            [1] + [self.ratio("wall", cell, n) or 1 for n in self.names])

    def bounds(self, cell, name):
        """Of our wall time over this one's."""
        ratios = [a / b for a, b in zip(*paired(
            self.groups["wall"][cell], OURS, name))]
        return bounds(ratios, random.Random(1)) if ratios else None


def relative(figures, field):
    """A line for each program; the least is bold."""
    lines = []
    for cell in figures.cells:
        ratios = [figures.ratio(field, cell, n) for n in figures.names]
        least = min([1] + [r for r in ratios if r is not None])
        lines.append([cell[1], cell[0]] + [
            "" if r is None else f"**{r:.2f}**" if r <= least * 1.03 else
            f"{r:.2f}" for r in ratios])
    lines.append(["", "**geometric mean**"] + [
        f"{figures.mean(field, n):.3f}" for n in figures.names])
    return markdown(["", "program"] + figures.names, lines)


COLUMNS = [("wall", lambda v: duration(v * 1e9)),
           ("user", lambda v: duration(v * 1e9)),
           ("system", lambda v: duration(v * 1e9)),
           ("faults", lambda v: f"{v:,.0f}"), ("huge", lambda v: f"{v:,.0f}"),
           ("peak", lambda v: f"{v / 1024:.0f}"),
           ("end", lambda v: f"{v / 1024:.0f}")]


def details(figures):
    lines = []
    for cell in figures.cells:
        for name in [GLIBC] + figures.names:
            if figures.of("wall", cell, name) is None:
                continue
            low, high = figures.bounds(cell, name)
            lines.append([cell[0], name] + [
                show(figures.of(field, cell, name))
                for field, show in COLUMNS] + [
                "" if name == OURS else f"{low:.2f} to {high:.2f}"])
    return markdown(["program", "allocator", "wall", "user", "system",
                     "page faults", "huge pages", "peak MiB", "MiB at the end",
                     "liblazyzero over it, 90 %"], lines)


WHAT = """\
Wall time and peak resident memory. glibc's are 1, and less is better. What is within
3 %% of the least is bold. Each program writes the same output under every allocator: a
digest of it is compared with glibc's. *jemalloc, ML guides* is set as guides for machine
learning recommend (`MALLOC_CONF=%s`). `scripts/bench --with NAME=LIB.so` adds other
allocators.
"""
FIGURES = """\
Medians of whole runs, including children. Memory is that of the program's largest
process, at its peak and when it ended. Huge pages are those of 2 MiB among the page
faults; the kernel counts them for the whole system. The last column is about wall time:
the 5 % and 95 % bootstrap bounds of the median of paired ratios.
"""


def possible(figures):
    """How far the geometric means could go, in one sentence."""
    def shares(cell):
        user, system = (figures.of(f, cell, GLIBC) for f in ("user", "system"))
        return user / (user + system)
    least = [min(1, *(figures.ratio("wall", cell, n) or 1
                      for n in figures.names)) for cell in figures.cells]
    return ("Without any system time, which page faults are a part of, the mean of "
            "processor time would be "
            f"{geometric_mean([shares(c) for c in figures.cells]):.3f}. With the "
            "fastest allocator for each program, the mean of wall time would be "
            f"{geometric_mean(least):.3f}.")


WHY = """\
Known reasons, where another allocator is ahead:

- *node, typed arrays* and *Buffers*: page faults. A calloc of a size that was not seen
  before gets fresh pages, and garbage collection frees many blocks at once, of which only
  as many are kept as the program once used together. tcmalloc keeps all, and peaks higher.
- *C++, vectors*, memory: the end of a vector that was not reached yet counted as used. That
  is mended since this run: the peak is 105 MiB, under glibc 100.
- *sqlite*, *ruby*, *minimap2*, memory: jemalloc's small blocks. jemalloc alone needs about
  as much, or more.
- *Go with cgo*, memory: jemalloc gives each block back at once, and takes more than twice
  as long.
- *scipy, FFT*: liblazyzero takes fewer page faults than tcmalloc, but more of them are for
  huge pages (170, tcmalloc 123), so that 75 MiB more are populated. Callocs of a size get
  fresh pages until one of them was seen to be used in full.
- *pandas*: the bounds of the ratio hold 1. As many bytes are populated as under tcmalloc
  (338 MiB, tcmalloc 312).
- *gcc*: the bounds hold 1. Its compiler executes 1.4 % more instructions than under mimalloc
  (glibc 3.6 % more), with no more cache misses (cachegrind).
- *sqlite*, *redis*, time: jemalloc's small blocks. jemalloc alone takes about as long.
- *scipy, ndimage*, memory: kept blocks. With `LAZYZERO_RETAIN=0` the peak is 1.04 times
  glibc's (jemalloc 1.02).
- *DuckDB*, memory: it has an allocator of its own, and asks for no large or middle block.
  Its peak varies: 423 to 516 MiB in eight runs (glibc 415 and 448, jemalloc 438 and 450).
- *libvips*: the bounds hold 1. Its threads make 27,000 to 34,000 futex calls under
  each allocator (strace).
"""


def section(rows, names):
    figures = Figures(rows, names)
    return "\n\n".join([
        WHAT % GUIDES, "**Wall time**", relative(figures, "wall"),
        possible(figures), "**Peak of resident memory**", relative(figures, "peak"),
        "<details><summary>All figures</summary>", FIGURES, details(figures),
        "</details>", "### Where another allocator is ahead", WHY.rstrip()])


def headline(rows, names):
    """Of all programs, for the README."""
    figures = Figures(rows, names)
    lines = [[name, f"{figures.mean('wall', name):.2f}",
              f"{figures.mean('peak', name):.2f}",
              f"{sum(figures.is_first(c, name) for c in figures.cells)} of "
              f"{len(figures.cells)}"] for name in figures.names]
    return markdown(["", "wall time, glibc = 1", "peak memory, glibc = 1",
                     "fastest, or within 3 %"], lines)


def pictures(rows, names, out):
    return [applications_chart.draw(out / "applications.svg",
                                    Figures(rows, names))]


def outputs(rows):
    """(program, allocator) whose output is not glibc's; and those of glibc's
    that are not the same in each round."""
    wrong = set()
    for cell, by in group(rows, "output").items():
        right = set(by.get(GLIBC, {}).values())
        wrong |= {f"{cell[0]} ({name})" for name, found in by.items()
                  if set(found.values()) != right or len(right) != 1}
    return sorted(wrong)


def checks(rows, names):
    figures = Figures(rows, names)
    if not figures.cells:
        return []
    wrong, count = outputs(rows), len(figures.cells)
    result = [("applications: output as under glibc", "all",
               ", ".join(wrong) or "all", not wrong)]
    for field, most, each in (("wall", 0.70, 1.03), ("peak", 1.0, 1.05)):
        what = {"wall": "wall time", "peak": "peak memory"}[field]
        mean = figures.mean(field, OURS)
        means = {n: figures.mean(field, n) for n in figures.others}
        best = min(means, key=means.get, default=None)
        result.append((f"applications: geometric mean of {what} over glibc's",
                       f"at most {most:.2f}", f"{mean:.3f}" + (
                           f" (next: {best} {means[best]:.3f})" if best else
                           ""), mean <= most))
        above = [(figures.ratio(field, cell, OURS), cell[0])
                 for cell in figures.cells]
        above = sorted([a for a in above if a[0] > each], reverse=True)
        result.append((f"applications: none above {each} times glibc's {what}",
                       "0", f"{len(above)} of {count}" + (
                           f", worst {above[0][0]:.2f} ({above[0][1]})"
                           if above else ""), not above))
    first = [c for c in figures.cells if figures.is_first(c, OURS)]
    result.append(("applications: fastest, or within 3 % of it",
                   "90 % of them", f"{len(first)} of {count}",
                   len(first) >= 0.9 * count))
    return result
