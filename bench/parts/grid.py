# SPDX-License-Identifier: MIT
"""Size x pages used x kind of block: the cycle that programs repeat."""
from driver import gnuplot
from driver.allocators import CONTROL, GLIBC, OURS, TUNED, peers
from driver.engine import Cell
from driver.judge import (KIB, MIB, GIB, duration, geometric_mean, judge,
                          size_name)
from driver.rows import group, markdown, median, paired, verdict

NAME, TITLE = "grid", "The grid: allocate, use, free, again and again"
TARGETS = ["grid"]
ROUNDS = {"smoke": 1, "quick": 3, "full": 15}
SHARE = 0.55  # of the time that there is
SLOW_SECONDS = 8  # a round of such a cell is all that it gets

SIZES = [64 * KIB, 256 * KIB, MIB, 4 * MIB, 10 * MIB, 50 * MIB, 100 * MIB,
         200 * MIB, 500 * MIB, GIB]
KINDS = ["calloc", "malloc", "memset", "new"]
PREFIXES = ["0", "0.01", "0.1", "0.5", "1"]
SCATTERED = ["every2", "every10", "every100", "random10", "mixed"]
# glibc never serves these from its heap, tuned or not: the same code runs.
SAME_WHEN_TUNED = 50 * MIB
# From here on the control runs with calloc only, and malloc and new are left
# out: malloc is calloc without the zeroing, new the same calls as memset.
SLOW = 200 * MIB

FULL = [(kind, size, pages) for size in SIZES for pages in PREFIXES + SCATTERED
        for kind in (KINDS if size < SLOW else ("calloc", "memset"))
        if pages in PREFIXES or kind == "calloc"]
QUICK = [(kind, size, pages) for size in (64 * KIB, MIB, 10 * MIB, 100 * MIB)
         for pages in ("0", "0.01", "0.1", "1", "every10")
         for kind in ("calloc", "memset")
         if size < 100 * MIB or pages == "0.01"]
SMOKE = [("calloc", MIB, "0.1"), ("memset", 4 * MIB, "0"),
         ("new", 64 * KIB, "1"), ("calloc", 4 * MIB, "random10"),
         ("calloc", 4 * MIB, "0.1"), ("calloc", 10 * MIB, "0.1")]


WHY = """Known reasons, where it is behind:

- *First*, all pages used: the program reads each fresh page before it writes it.
  Linux maps its zero page at the read, so the page faults twice. If the allocator has
  written the whole block before, each page faults once. Such an allocator pays the
  same for a block that is not used.
- Every second page: writing every second page takes longer than writing all of them
  (compare *1* in the table below), and the library does not write pages that were not
  used.
- malloc, half or all used, 1 to 10 MiB: no byte is zeroed and no system call is made,
  so the time is that of writing a byte into each page. The other allocators take
  longer than glibc's heap, too. We do not know why.
- calloc of 64 to 256 KiB, little used: after some looks such a block is written in
  full, which costs less where a system call takes a microsecond.
- calloc of an unused block: the library makes three system calls, to check the mapping
  and to discard nothing. jemalloc makes one.
- Other pages each time (random10): each page comes by a page fault, until most of them
  were used.
- *First*, unused, from 50 MiB on: the first free of such a block opens the page table's
  file, and checks that it describes this process. This takes some 30 us, once.

Some cells are tied, but not the fastest. malloc of 64 KiB to 1 MiB has the highest
ratios of all, and raises the geometric mean. jemalloc serves these blocks, and its
threads cache only blocks of up to 32 KiB. `MALLOC_CONF=tcache_max:1048576` halves the
time. Each thread then keeps such blocks for itself, and no other thread can use them.
"""


def cells(mode, build):
    chosen = {"smoke": SMOKE, "quick": QUICK, "full": FULL}[mode]
    ms = {"smoke": 1, "quick": 20, "full": 30}[mode]
    return [Cell({"kind": kind, "size": size, "pages": pages},
                 [build / "bench" / "grid", kind, size, pages, 100,
                  ms * patience(pages), "LIBRARY"],
                 without=left_out(kind, size))
            for kind, size, pages in chosen]


def patience(pages):
    """Other pages in each cycle: until nearly all were used, 30 cycles."""
    return 100 if pages == "random10" else 1


def left_out(kind, size):
    """What would only cost time, a second a run for the largest."""
    names = (TUNED,) if size >= SAME_WHEN_TUNED else ()
    return names + ((CONTROL,) if size >= SLOW and kind != "calloc" else ())


def choose(allocators):
    return allocators


def limit(cell, figure):
    """The ratio to a peer above which a cell counts as behind."""
    if figure == "first":
        return 1.25
    if cell[2] == "every2":
        return 1.3 if cell[1] <= 100 * MIB else 2.5
    return 1.10


def judged(rows, names, figure):
    """(cell, figures, (verdict, fastest peer, ratio)) of each cell."""
    for cell, figures in group(rows, figure).items():
        result = verdict(figures, names, limit(cell, figure), 1000)
        if result:
            yield cell, figures, result


def control_share(rows, figure):
    """The share of glibc-against-glibc cells that come out as behind."""
    results = []
    for cell, figures in group(rows, figure).items():
        pair = paired(figures, CONTROL, GLIBC)
        if pair[0]:
            results.append(judge(*pair, limit(cell, figure))[0])
    return results.count("behind") / len(results) if results else 0


def summary(rows, names, figure):
    results = [result for _, _, result in judged(rows, names, figure)]
    words = [word.split()[0] for word, _, _ in results]
    mean = geometric_mean([ratio for _, _, ratio in results])
    return (f"{words.count('ahead')} cells ahead of every peer, "
            f"{words.count('tied')} tied, {words.count('behind')} behind; "
            f"geometric mean of the ratio to the fastest peer {mean:.3f}; "
            f"{control_share(rows, figure):.1%} of the control's cells (glibc "
            "against itself) behind, 5 % allowed.")


def behind_table(rows, names):
    lines = [[figure, cell[0], cell[2], size_name(cell[1]),
              f"{duration(median(figures, OURS))}",
              f"{result[1]} {duration(median(figures, result[1]))}",
              f"{result[2]:.2f}", result[0]]
             for figure in ("steady", "first")
             for cell, figures, result in judged(rows, names, figure)
             if result[0].startswith("behind")]
    return markdown(["figure", "kind", "pages", "size", OURS, "fastest peer",
                     "ratio", "verdict"], lines) if lines else "None."


def full_table(rows, names, figure):
    shown = peers(names) + [OURS]
    order = PREFIXES + SCATTERED
    lines = []
    for cell, figures, result in sorted(
            judged(rows, names, figure), key=lambda item:
            (KINDS.index(item[0][0]), order.index(item[0][2]), item[0][1])):
        values = [median(figures, name) for name in shown]
        lines.append([cell[0], cell[2], size_name(cell[1])] +
                     ["" if v is None else duration(v) for v in values] +
                     [f"{result[2]:.3f}", result[0],
                      str(len(figures[OURS]))])
    return markdown(["kind", "pages", "size"] + shown +
                    ["ratio", "verdict", "rounds"], lines)


def section(rows, names):
    parts = ["A cycle allocates a block, checks that the pages to be used are "
             "zero, writes a byte into each of them, and frees the block. "
             "*First* is the first cycle of a process, *steady* the median of "
             "the later ones. Each round is a process of its own. `glibc "
             "tuned` is glibc with its mmap threshold at 10 MiB "
             "(`GLIBC_TUNABLES=glibc.malloc.mmap_threshold=10485760`). From "
             "50 MiB on it runs the same code as glibc, and is left out. From "
             "200 MiB on, the control runs with calloc only, and malloc and "
             "new are not measured, because they run the same code there.",
             ""]
    for figure in ("steady", "first"):
        parts.append(f"**{figure}**: {summary(rows, names, figure)}\n")
    parts += ["### Where liblazyzero is behind", "", behind_table(rows, names),
              "", WHY]
    for figure in ("steady", "first", "p99"):
        parts += ["", f"<details><summary>All cells, {figure}</summary>", "",
                  full_table(rows, names, figure), "", "</details>"]
    return "\n".join(parts)


def pictures(rows, names, out):
    cells_ = group(rows, "steady")
    drawn = []
    for kind, pages in [(k, p) for k in ("calloc", "memset")
                        for p in ("0", "0.01", "0.1", "1")]:
        chosen = {c[1]: f for c, f in sorted(cells_.items(), key=str)
                  if c[0] == kind and c[2] == pages}
        if len(chosen) > 2:
            drawn.append(time_picture(kind, pages, chosen, names, out))
    for kind in ("calloc", "memset"):
        drawn += ratio_picture(rows, names, kind, out)
    return drawn


def time_picture(kind, pages, chosen, names, out):
    what = {"calloc": "calloc", "memset": "malloc and memset to zero"}[kind]
    share = {"0": "none", "1": "all"}.get(pages, f"{float(pages):.0%}")
    series = {name: [(size / MIB, median(chosen[size], name))
                     for size in sorted(chosen)
                     if median(chosen[size], name) is not None]
              for name in names if name != CONTROL}
    title = f"{what}, use {share} of the block, free: a cycle in steady state"
    return gnuplot.curves(
        out / f"{kind}-{pages}.svg", title,
        {name: points for name, points in series.items() if points},
        "set logscale xy\nset xrange [0.05:1300]\nset key left top\n"
        "set xlabel 'size of the block'\nset ylabel 'time of a cycle'\n"
        f"{gnuplot.SIZE_TICS}\n{gnuplot.TIME_TICS}")


def ratio_picture(rows, names, kind, out):
    found = {cell[1:]: result[2] for cell, _, result in
             judged(rows, names, "steady") if cell[0] == kind}
    sizes = sorted({size for size, _ in found})
    lines = [p for p in PREFIXES + SCATTERED if any(k[1] == p for k in found)]
    if len(found) < 4:
        return []
    labels = [f"first {float(p):.0%}" if p in PREFIXES else p for p in lines]
    what = {"calloc": "calloc", "memset": "malloc + memset"}[kind]
    return [gnuplot.history_map(
        out / f"ratio-{kind}.svg",
        f"{what}, steady: time of liblazyzero over the fastest peer's",
        [size_name(s) for s in sizes], labels,
        [[found.get((s, p)) for s in sizes] for p in lines])]


def worst(rows, names, figure, chosen, inverse=False):
    """The cell with the highest ratio to the fastest peer among the chosen."""
    found = [(result[2], cell) for cell, _, result in
             judged(rows, names, figure) if chosen(*cell)]
    if not found:
        return None
    ratio, cell = max(found)
    shown = f"{1 / ratio:.3g} times faster" if inverse else f"{ratio:.3g}"
    return ratio, f"{shown} ({cell[0]} {cell[2]} {size_name(cell[1])})"


def checks(rows, names):
    """Claim, limit, what was seen, whether it holds (None: not measured)."""
    prefix = [r for c, _, r in judged(rows, names, "steady")
              if c[2] in PREFIXES]
    behind = sum(r[0].startswith("behind") for r in prefix)
    mean = geometric_mean([r[2] for r in prefix])
    result = []
    if prefix:
        result += [("steady, touched prefix: cells behind", "0",
                    f"{behind} of {len(prefix)}", behind == 0),
                   ("steady, touched prefix: geometric mean to the best peer",
                    "under 0.35", f"{mean:.3f}", mean < 0.35)]

    def at_most(claim, figure, most, chosen, inverse=True):
        seen = worst(rows, names, figure, chosen, inverse)
        if seen:
            text = f"at least {1 / most:.3g} times faster" if inverse else \
                f"ratio at most {most}"
            result.append((claim, text, "worst: " + seen[1], seen[0] <= most))

    zeroed = ("calloc", "memset")
    at_most("steady, from 10 MiB, first 1 %", "steady", 0.1,
            lambda k, s, p: k in zeroed and s >= 10 * MIB and p == "0.01")
    at_most("steady, from 10 MiB, first 10 %", "steady", 0.2,
            lambda k, s, p: k in zeroed and s >= 10 * MIB and p == "0.1")
    at_most("scattered, 1 to 100 MiB", "steady", 1 / 3, lambda k, s, p:
            MIB <= s <= 100 * MIB and p in ("every10", "every100", "random10"))
    at_most("scattered, above 100 MiB", "steady", 1.0, lambda k, s, p:
            s > 100 * MIB and p in ("every10", "every100", "random10"), False)
    at_most("every 2nd page, to 100 MiB", "steady", 1.3, lambda k, s, p:
            s <= 100 * MIB and p == "every2", False)
    at_most("every 2nd page, 1 GiB", "steady", 2.5, lambda k, s, p:
            s == GIB and p == "every2", False)
    at_most("first, all pages", "first", 1.25, lambda k, s, p: p == "1", False)
    at_most("first malloc + memset, from 100 MiB, 1 % used", "first", 0.02,
            lambda k, s, p: k == "memset" and s >= 100 * MIB and p == "0.01")
    return result + first_checks(rows, names)


def first_checks(rows, names):
    result, over = [], []
    for cell, figures, (_, fastest, _) in judged(rows, names, "first"):
        if cell[0] == "calloc" and cell[2] == "0":
            over.append((median(figures, OURS) - median(figures, fastest),
                         size_name(cell[1])))
        if cell == ("memset", GIB, "0"):
            ours = median(figures, OURS)
            result.append(("first malloc + memset of 1 GiB, unused",
                           "under 100 us", duration(ours), ours < 1e5))
    if over:
        most = max(over)
        result.append(("first calloc, unused: above the fastest peer",
                       "at most 30 us", f"{most[0] / 1000:.1f} us ({most[1]})",
                       most[0] <= 30000))
    return result


