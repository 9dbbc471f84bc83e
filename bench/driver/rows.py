# SPDX-License-Identifier: MIT
"""From rows to medians, and from medians to Markdown."""
import statistics
from collections import defaultdict

from driver.allocators import CONTROL, OURS, peers
from driver.judge import judge


def group(rows, field):
    """Cell (the values of its key) to allocator to {round: figure}."""
    cells = defaultdict(lambda: defaultdict(dict))
    for row in rows:
        if field in row:
            cell = tuple(row["cell"].values())
            cells[cell][row["allocator"]][row["round"]] = row[field]
    return cells


def median(figures, name):
    values = figures.get(name)
    return statistics.median(values.values()) if values else None


def paired(figures, a, b):
    rounds = sorted(set(figures.get(a, {})) & set(figures.get(b, {})))
    return [figures[a][r] for r in rounds], [figures[b][r] for r in rounds]


def verdict(figures, names, most, least=0, more_is_better=False):
    """Word, fastest peer and ratio to it; None where there is no pair."""
    verdicts = {}
    for peer in peers(names):
        ours, theirs = paired(figures, OURS, peer)
        if more_is_better:
            ours, theirs = theirs, ours
        if ours:
            verdicts[peer] = judge(ours, theirs, most, least)
    if not verdicts:
        return None
    pick = max if more_is_better else min
    fastest = pick(verdicts, key=lambda peer: median(figures, peer))
    behind = [peer for peer, (word, _) in verdicts.items() if word == "behind"]
    word = "behind " + ", ".join(behind) if behind else \
        "ahead" if all(w == "ahead" for w, _ in verdicts.values()) else "tied"
    return word, fastest, verdicts[fastest][1]


def markdown(head, lines):
    return "\n".join(["| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
                     + ["| " + " | ".join(line) + " |" for line in lines])


def table(rows, names, field, keys, show, most=1.10, least=0,
          more_is_better=False):
    """A line a cell: medians, the ratio to the fastest peer, the verdict."""
    shown = [name for name in names if name != CONTROL and
             any(row["allocator"] == name for row in rows)]
    lines = []
    for cell, figures in group(rows, field).items():
        result = verdict(figures, names, most, least, more_is_better)
        values = [median(figures, name) for name in shown]
        lines.append([str(v) for v in cell] +
                     ["" if v is None else show(v) for v in values] +
                     ([f"{result[2]:.3g}", result[0]] if result else ["", ""]))
    return markdown(list(keys) + shown + ["to the best peer", "verdict"],
                    lines)
