# SPDX-License-Identifier: MIT
"""Tables and pictures of the grid, from the rows of scripts/bench."""
import shutil
import statistics
import subprocess
from collections import defaultdict

from cells import (CONTROL, KINDS, OURS, PREFIXES, SCATTERED, duration,
                   geometric_mean, judge, limit, size_name)


# Told apart in print and by most colour-blind readers; ours is the last.
COLOURS = ["#999999", "#444444", "#e69f00", "#009e73", "#cc79a7", "#0072b2"]


def by_cell(rows, figure):
    """(kind, size, pages) to allocator to its figures, by round."""
    cells = defaultdict(lambda: defaultdict(dict))
    for row in rows:
        cell = (row["kind"], row["size"], row["pages"])
        cells[cell][row["allocator"]][row["round"]] = row[figure]
    return cells


def paired(figures, a, b):
    rounds = sorted(set(figures[a]) & set(figures[b]))
    return [figures[a][r] for r in rounds], [figures[b][r] for r in rounds]


def sort_key(cell):
    return (KINDS.index(cell[0]), (PREFIXES + SCATTERED).index(cell[2]),
            cell[1])


def judge_cell(cell, figures, peers, figure):
    """The worst verdict, whose it is, and the ratio to the fastest peer."""
    most = limit({"size": cell[1], "pages": cell[2]}, figure)
    verdicts = {}
    for peer in peers:
        if peer in figures and OURS in figures:
            verdicts[peer] = judge(*paired(figures, OURS, peer), most)
    if not verdicts:
        return None
    fastest = min(verdicts,
                  key=lambda p: statistics.median(figures[p].values()))
    behind = [p for p, (v, _) in verdicts.items() if v == "behind"]
    if behind:
        verdict = "behind " + ", ".join(behind)
    elif all(v == "ahead" for v, _ in verdicts.values()):
        verdict = "ahead"
    else:
        verdict = "tied"
    return verdict, fastest, verdicts[fastest][1]


def control_share(cells, figure):
    """The share of glibc-against-glibc cells that come out as behind."""
    bad = total = 0
    for cell, figures in cells.items():
        if CONTROL in figures and "glibc" in figures:
            most = limit({"size": cell[1], "pages": cell[2]}, figure)
            verdict, _ = judge(*paired(figures, CONTROL, "glibc"), most)
            bad += verdict == "behind"
            total += 1
    return bad / total if total else 0


def table(cells, allocators, figure):
    peers = [a for a in allocators if a not in (OURS, CONTROL)]
    names = peers + [OURS]
    lines = ["| kind | pages | size | " + " | ".join(names) +
             " | to the fastest peer | verdict |",
             "|" + "---|" * (len(names) + 5)]
    ratios, counts = [], defaultdict(int)
    for cell in sorted(cells, key=sort_key):
        figures = cells[cell]
        verdict = judge_cell(cell, figures, peers, figure)
        if verdict is None:
            continue
        counts[verdict[0].split()[0]] += 1
        ratios.append(verdict[2])
        medians = [duration(statistics.median(figures[n].values()))
                   if n in figures else "" for n in names]
        lines.append(f"| {cell[0]} | {cell[2]} | {size_name(cell[1])} | " +
                     " | ".join(medians) +
                     f" | {verdict[2]:.3f} | {verdict[0]} |")
    summary = (f"{counts['ahead']} cells ahead of every peer, "
               f"{counts['tied']} tied, {counts['behind']} behind; geometric "
               f"mean of the ratio to the fastest peer "
               f"{geometric_mean(ratios):.3f}; control: "
               f"{control_share(cells, figure):.1%} of glibc against itself "
               "behind (5 % allowed).")
    return summary, "\n".join(lines)


def plot(cells, allocators, out):
    """Cycle time over size, one picture a fraction; needs gnuplot."""
    if shutil.which("gnuplot") is None:
        return ["gnuplot is not installed: no pictures."]
    written = []
    for kind in ("calloc", "memset"):
        for pages in ("0", "0.01", "0.1", "1"):
            chosen = {c[1]: f for c, f in cells.items()
                      if c[0] == kind and c[2] == pages}
            if len(chosen) > 2:
                written.append(plot_one(kind, pages, chosen, allocators, out))
    return written


def plot_one(kind, pages, chosen, allocators, out):
    names = [a for a in allocators if a != CONTROL]
    title = {"calloc": "calloc", "memset": "malloc + memset(0)"}[kind]
    share = {"0": "nothing", "1": "all"}.get(pages,
                                             f"the first {float(pages):.0%}")
    blocks, curves = [], []
    for i, name in enumerate(names):
        points = [f"{size / (1 << 20)} "
                  f"{statistics.median(figures[name].values()) / 1000}"
                  for size, figures in sorted(chosen.items())
                  if name in figures]
        blocks.append("\n".join(points))
        width = 5 if name == OURS else 2
        curves.append(f"data index {i} with linespoints lw {width} pt 7 "
                      f"ps 0.5 lc rgb '{COLOURS[i % len(COLOURS)]}' "
                      f"title '{name}'")
    path = out / f"{kind}-{pages}.svg"
    script = (
        "set terminal svg size 720,440 font 'sans,13' background 'white'\n"
        f"set output '{path}'\n"
        f"set title '{title}, use {share} of it, free: again and again'\n"
        "set logscale xy\nset xrange [0.05:1300]\nset yrange [0.2:3000000]\n"
        "set xtics ('64 KiB' 0.0625, '1 MiB' 1, '10 MiB' 10, '100 MiB' 100, "
        "'1 GiB' 1024)\n"
        "set ytics ('1 us' 1, '10 us' 10, '100 us' 100, '1 ms' 1e3, "
        "'10 ms' 1e4, '100 ms' 1e5, '1 s' 1e6)\n"
        "set xlabel 'size of the block'\nset ylabel 'time of a cycle'\n"
        "set key left top\nset grid\n"
        "$data << EOD\n" + "\n\n\n".join(blocks) + "\nEOD\n"
        "plot " + ", ".join(c.replace("data", "$data") for c in curves) + "\n")
    subprocess.run(["gnuplot"], input=script, text=True, check=True)
    return path.name


def write(rows, allocators, machine, out):
    """Writes grid.md and the pictures; returns the summary."""
    parts = ["# The grid", "",
             "Cycle: allocate, check that the used pages are zero, write a "
             "byte in each, free. Medians over the rounds; each round is a "
             "process of its own, allocators take turns. Behind: the bootstrap "
             "95 % lower bound of the paired ratio to that peer exceeds the "
             "limit (1.10; first cycles 1.25; every2 1.3, or 2.5 above 100 "
             "MiB), and the difference exceeds 1 us.", ""]
    parts += [f"- {key}: {value}" for key, value in machine.items()]
    summaries = []
    for figure, title in (("steady", "Steady: the median of the later cycles"),
                          ("first", "First: the first cycle of a process"),
                          ("p99", "The 99th percentile of the later cycles")):
        cells = by_cell(rows, figure)
        summary, text = table(cells, allocators, figure)
        summaries.append(f"{figure}: {summary}")
        parts += ["", f"## {title}", "", summary, "", text]
    parts += ["", "## Pictures", ""]
    parts += [f"![{name}]({name})" if name.endswith("svg") else name
              for name in plot(by_cell(rows, "steady"), allocators, out)]
    (out / "grid.md").write_text("\n".join(parts) + "\n")
    return "\n".join(summaries) + f"\nWritten to {out}/grid.md"
