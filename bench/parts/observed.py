# SPDX-License-Identifier: MIT
"""mprotect and munmap of memory that is no block: libc's own, and observed."""
from driver.allocators import CONTROL, GLIBC, OURS
from driver.engine import Cell
from driver.rows import group, median, table

NAME, TITLE = "observed", "mprotect and munmap: what observing costs"
TARGETS = ["bench_observed"]
ROUNDS = {"smoke": 1, "quick": 3, "full": 15}
SHARE = 0.02
MOST_NS = 100


def cells(mode, build):
    count = {"smoke": 1000, "quick": 100000, "full": 400000}[mode]
    return [Cell({"call": call, "memory": memory},
                 [build / "bench" / "bench_observed", call, memory, count,
                  "LIBRARY"])
            for call in ("mprotect", "munmap")
            for memory in ("small", "large", "freed")]


def choose(allocators):
    return {n: allocators[n] for n in (GLIBC, CONTROL, OURS)}


def section(rows, names):
    return ("Nanoseconds a call that changes nothing, beside one block of "
            "4 MiB, beside 2 TiB of blocks, and after these were freed:\n\n" +
            table(rows, names, "ns", ["call", "memory"],
                  lambda v: f"{v:.0f}", least=MOST_NS))


def pictures(rows, names, out):
    return []


def checks(rows, names):
    more = [(median(f, OURS) - median(f, GLIBC), " ".join(cell))
            for cell, f in group(rows, "ns").items()
            if OURS in f and GLIBC in f]
    if not more:
        return []
    return [("mprotect and munmap: ns above libc's", f"at most {MOST_NS}",
             f"{max(more)[0]:.0f} ({max(more)[1]})", max(more)[0] <= MOST_NS)]
