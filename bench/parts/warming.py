# SPDX-License-Identifier: MIT
"""Memory that is populated ahead of its use, and reserved huge pages."""
from pathlib import Path

from driver import gnuplot
from driver.allocators import GLIBC, OURS
from driver.engine import Cell
from driver.judge import duration
from driver.rows import group, markdown, median

NAME, TITLE = "warming", "Populated ahead of its use, and huge pages"
TARGETS = ["bench_warming"]
ROUNDS = {"smoke": 1, "quick": 1, "full": 5}
SHARE = 1
ALONE, WARM = True, True
MIB = {"smoke": 96, "quick": 1024, "full": 1024}
ALONE_, HELPED = OURS + ", prefault alone", OURS + ", prefault"
HUGE = OURS + ", huge pages"
HUGE_HELPED = OURS + ", huge pages and prefault"
HUGETLB = OURS + ", hugetlb"
POOL = Path("/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages")


def cells(mode, build):
    program, mib = build / "bench" / "bench_warming", MIB[mode]
    few, many = (1, 2) if mode == "smoke" else (3, 7)
    return [Cell({"use": use, "MiB": mib},
                 [program, kind, rounds, mib, "LIBRARY"])
            for kind, rounds, use in (
                ("dense", few, "all of a fresh block"),
                ("sparse", few, "a hundredth of a fresh block"),
                ("again", many, "all of a block, again and again"))]


def reserved():
    """Are there enough pages for the largest block?"""
    try:
        return int(POOL.read_text()) * 2 > max(MIB.values())
    except (OSError, ValueError):
        return False


def choose(allocators):
    ours = allocators[OURS]
    chosen = {GLIBC: allocators[GLIBC], OURS: ours}
    for name, settings in (
            (ALONE_, {"PREFAULT": "all", "PREFAULT_THREADS": "0"}),
            (HELPED, {"PREFAULT": "all"}),
            (HUGE, {"HUGEPAGES": "always"}),
            (HUGE_HELPED, {"HUGEPAGES": "always", "PREFAULT": "all"}),
            (HUGETLB, {"HUGEPAGES": "hugetlb:2M"})):
        if name != HUGETLB or reserved():
            chosen[name] = ours.variant(
                name, **{"LAZYZERO_" + k: v for k, v in settings.items()})
    return chosen


def section(rows, names):
    def show(field, form):
        lines = []
        for cell, figures in group(rows, field).items():
            values = [median(figures, n) for n in shown]
            lines.append([cell[0]] + ["" if v is None else form(v)
                                      for v in values])
        return markdown([""] + shown, lines)

    shown = [n for n in names if any(r["allocator"] == n for r in rows)]
    missing = "" if HUGETLB in shown else \
        " Too few huge pages were reserved to measure them."
    return (f"A block of {rows[0]['cell']['MiB']} MiB is allocated, and one "
            "thread writes a byte of its pages. Populating ahead "
            "(LAZYZERO_PREFAULT) moves the page faults from the use to the "
            "allocation, where several threads share them. It harms where "
            "little of a block is used. Reserved huge pages "
            "(LAZYZERO_HUGEPAGES=hugetlb) are given back at each free, so they "
            "harm where blocks are used again." + missing +
            " Allocation and use:\n\n" + show("ns", duration) +
            "\n\nThe use alone:\n\n" + show("use", duration) +
            "\n\nPage faults of the use:\n\n" +
            show("faults", lambda v: f"{v - 1:,.0f}") +
            "\n\nResident memory meanwhile, in bytes of the block:\n\n" +
            show("resident", lambda v: f"{v:.2f}"))


def pictures(rows, names, out):
    cells_ = group(rows, "ns")
    shown = [n for n in names if any(n in f for f in cells_.values())]
    series = {n: [(median(f, n) or 0) / 1e6 for f in cells_.values()]
              for n in shown}
    return [gnuplot.bars(out / "warming.svg", "A block is allocated and used",
                         [c[0] for c in cells_], series, "milliseconds",
                         log=True)]


def checks(rows, names):
    figures = next(iter(group(rows, "ns").values()), {})
    lazy, helped = median(figures, OURS), median(figures, HELPED)
    if not lazy or not helped or rows[0]["cell"]["MiB"] < 1024:
        return []
    ratio = lazy / helped
    return [("warming: 1 GiB populated with helpers, against touched by one "
             "thread", "at least 1.5 times faster", f"{ratio:.2f}",
             ratio >= 1.5)]
