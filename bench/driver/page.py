# SPDX-License-Identifier: MIT
"""The pages, their figures and the pictures, from the rows that there are."""
import json
import re
from collections import defaultdict

from driver import gnuplot
from driver.allocators import CONTROL
from driver.engine import load
from driver.judge import duration, size_name
from driver.rows import group, markdown, median
from parts import PARTS

METHOD = """\
Every allocator runs the same binary, by `LD_PRELOAD`. A *cell* is one case, such as
calloc of 10 MiB of which 1 % is used. The allocators take turns within a cell, and
the cells within a round. Each run is a process of its own. Figures are medians over
the rounds. Each run proves that its allocator was active: by the file that defines
malloc, or by the memory map of the program when it ends."""
VERDICT = """\
The verdict on a cell compares liblazyzero with each peer in the same round. It is
*behind* a peer if the lower bound of the median ratio exceeds the limit and the
difference exceeds a microsecond. (The bound is the bootstrap's, at 95 %. The limit is
1.10; for first cycles 1.25; for every second page 1.3, or 2.5 above 100 MiB.) It is
*ahead* if it is faster than every peer by the same test, and otherwise *tied*. With
fewer than 15 rounds, "behind" and "ahead" are hints. Slow cells have fewer rounds, so
that a run ends in time.

The control is glibc, measured twice. If more than 5 % of its cells are behind itself,
the run is void."""


def load_parts(results):
    found = {}
    for name, part in PARTS.items():
        head, rows = load(results / f"{name}.jsonl")
        rows = [row for row in rows if "failed" not in row]
        if head and rows:
            found[name] = (part, head, rows)
    return found


def names_of(head, rows):
    present = {row["allocator"] for row in rows}
    return [name for name in head["allocators"] if name in present]


def write(out):
    """Everything; returns the acceptance lists as text. A part that is measured
    only if it is named has a page of its own."""
    together, texts = {}, []
    for name, entry in load_parts(out / "results").items():
        if getattr(entry[0], "ALONE", False):
            texts.append(write_page(out, name, f" --only {name}", {name: entry}))
        else:
            together[name] = entry
    if together:
        texts.append(write_page(out, "results", "", together))
    return "\n\n".join(texts) or "nothing was measured"


def write_page(out, name, options, found):
    results, path = out / "results", out / f"{name.upper()}.md"
    checks = [check for part, head, rows in found.values()
              for check in part.checks(rows, names_of(head, rows))]
    text = [f"# {name.capitalize()}", "", f"Made by `scripts/bench{options}`, "
            "which repeats them on your machine.", ""]
    text += describe(found) + ["", METHOD]
    if name == "results":
        text += ["", VERDICT]
    text += ["", "## What was promised", "", acceptance(checks)]
    for part, head, rows in found.values():
        names = names_of(head, rows)
        text += ["", f"## {part.TITLE}", "", f"*{coverage(head, rows)}*", ""]
        text += draw(part, rows, names, results)
        text += ["", part.section(rows, names)]
    path.write_text("\n".join(text) + "\n", encoding="utf-8")
    (results / f"{name}.json").write_text(compact(found), encoding="utf-8")
    return acceptance(checks) + f"\n\nWritten: {path}"


def draw(part, rows, names, results):
    if not gnuplot.available():
        return ["gnuplot is not installed: no pictures."]
    return [f"![{part.TITLE}: {name}](results/{name})\n"
            for name in part.pictures(rows, names, results)]


def describe(found):
    heads = [head for _, head, _ in found.values()]
    lines = [f"- {key}: {value}" for key, value in heads[0]["machine"].items()]
    builds = {head["library"] for head in heads}
    if len(builds) > 1:
        lines.append("- **The parts come from different builds**: " + ", ".join(
            f"{name} {head['library']}" for name, (_, head, _) in
            found.items()))
    return lines


def counted(cells):
    return f"{cells} cell" + "s" * (cells != 1)


def coverage(head, rows):
    rounds = defaultdict(set)
    for row in rows:
        rounds[json.dumps(row["cell"])].add(row["round"])
    counts = [len(r) for r in rounds.values()]
    text = f"{head['mode']}, {head['date']}: {counted(len(counts))}, "
    text += f"{max(counts)} rounds" if min(counts) == max(counts) else \
        f"{min(counts)} to {max(counts)} rounds"
    if head.get("largest"):
        text += f", blocks up to {head['largest']}"
    missing = head["cells"] - len(counts)
    if missing > 0:
        text += f"; interrupted or failed: {missing} cells are missing"
    return text


def acceptance(checks):
    lines = ["| claim | limit | seen | |", "|---|---|---|---|"]
    return "\n".join(lines + [
        f"| {claim} | {limit} | {seen} | {'holds' if ok else '**not met**'} |"
        for claim, limit, seen, ok in checks])


def compact(found):
    """All figures by cell, allocator and round, without the curves."""
    result = {}
    for name, (_, head, rows) in found.items():
        cells = defaultdict(lambda: defaultdict(lambda: defaultdict(list)))
        for row in rows:
            key = " ".join(str(v) for v in row["cell"].values())
            for field, value in row.items():
                if isinstance(value, (int, float)) and \
                        field not in ("round", "took"):
                    cells[key][row["allocator"]][field].append(value)
        result[name] = {"head": head, "cells": cells}
    return json.dumps(result, separators=(",", ":")).replace(
        '},"', '},\n"') + "\n"


def headline(out):
    """The README's table: 1 % used, in steady state."""
    found = load_parts(out / "results")
    if "grid" not in found:
        return ""
    _, head, rows = found["grid"]
    names = [n for n in names_of(head, rows) if n != CONTROL]
    lines = []
    for cell, figures in group(rows, "steady").items():
        if cell[2] == "0.01" and cell[1] >= 10 << 20 and \
                cell[0] in ("calloc", "memset"):
            what = {"memset": "malloc + memset"}.get(cell[0], cell[0])
            values = [median(figures, n) for n in names]
            lines.append([f"{what}, {size_name(cell[1])}"] + [
                "" if v is None else duration(v) for v in values])
    return markdown(["1 % used, then freed, again and again"] + names,
                    sorted(lines, key=lambda line: line[0].split(",")[0]))


def blocks(out):
    """The README's blocks: name to text."""
    texts = {"bench": headline(out)}
    for name, (part, head, rows) in load_parts(out / "results").items():
        if hasattr(part, "headline"):
            texts[name] = part.headline(rows, names_of(head, rows))
        if hasattr(part, "opening"):
            texts["opening"] = part.opening(rows)
    return {name: text for name, text in texts.items() if text}


def replace_block(path, name, text):
    """Between <!-- name --> and <!-- /name --> of a Markdown file."""
    old = path.read_text(encoding="utf-8")
    new = re.sub(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)",
                 lambda m: m[1] + text + "\n" + m[2], old, flags=re.S)
    path.write_text(new, encoding="utf-8")
