# SPDX-License-Identifier: MIT
"""Runs the cells of a part under every allocator in turn, and keeps the rows.

A row is a JSON object: the cell's key, the round, the allocator, and what the
program printed. Rows are written as they come, so an interrupted run loses one
at most and goes on where it stopped, if neither library nor programs changed.
"""
import contextlib
import hashlib
import json
import math
import os
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from .allocators import CLEAN

# Fewer rounds than this tell nothing; one where a run takes its time.
FEWEST_ROUNDS = 3


@dataclass
class Cell:
    """argv with LIBRARY in it: the program proves by itself that the allocator
    is active, and prints what it measured. Else `spawn` (bench/programs/spawn.c)
    proves it, and measures the run."""
    key: dict
    argv: list
    without: tuple = ()  # allocators that do not run it
    environment: dict = field(default_factory=dict)
    folder: bool = False  # an empty current folder for each run
    spawn: Path = None
    rounds: int = 0  # at most, if less than the part's
    output: bool = False  # the row gets a digest of what the program wrote

    def command(self, allocator):
        return [allocator.library if a == "LIBRARY" else str(a)
                for a in self.argv]

    def spawned(self, allocator, report):
        """Only the program itself has the allocator, not what measures it."""
        variables = {**allocator.added(), **self.environment}
        return [self.spawn, report, allocator.path,
                *(f"{name}={value}" for name, value in variables.items()),
                "--", *self.command(allocator)]

    def text(self):
        return " ".join(str(value) for value in self.key.values())


class Progress:
    """One line that is overwritten; where stderr is a file, a line at times."""

    def __init__(self, part):
        self.part, self.last, self.start = part, 0.0, time.monotonic()
        self.terminal = sys.stderr.isatty()

    def show(self, text):
        now = time.monotonic()
        if not self.terminal and now - self.last < 15:
            return
        self.last = now
        line = f"bench: {self.part} {int(now - self.start)} s: {text}"
        print(f"\r\033[K{line[:118]}" if self.terminal else line, end="" if
              self.terminal else "\n", file=sys.stderr, flush=True)

    def say(self, text):
        clear = "\r\033[K" if self.terminal else ""
        print(f"{clear}bench: {self.part}: {text}", file=sys.stderr,
              flush=True)

    def end(self):
        if self.terminal:
            print("\r\033[K", end="", file=sys.stderr, flush=True)


class Inactive(Exception):
    """A program ran without the allocator that it was given."""


def digest(printed, folder):
    """Of what a program printed, and of the files that it left."""
    sum_ = hashlib.sha256(printed)
    for path in sorted(Path(folder).rglob("*")):
        if path.is_file():
            sum_.update(path.name.encode() + path.read_bytes())
    return sum_.hexdigest()[:16]


def run(cell, allocator):
    """What the program printed, and what was measured of it; how long it took."""
    with tempfile.TemporaryDirectory() as folder, \
            tempfile.NamedTemporaryFile("w+") as report, \
            tempfile.TemporaryFile("w+b") as out, \
            tempfile.TemporaryFile("w+") as err:
        if cell.spawn:
            command, environment = cell.spawned(allocator, report.name), CLEAN
        else:
            command = cell.command(allocator)
            environment = {**CLEAN, **allocator.added(), **cell.environment}
        start = time.perf_counter()
        process = subprocess.Popen(
            command, stdout=out, stderr=err, stdin=subprocess.DEVNULL,
            cwd=folder if cell.folder else None, env=environment,
            start_new_session=True)
        try:
            process.wait()
        except BaseException:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise
        wall = time.perf_counter() - start
        out.seek(0)
        err.seek(0)
        printed, complaint = out.read(), err.read()
        measured = report.read()
        wrote = digest(printed, folder) if cell.output else ""
    if process.returncode != 0:
        raise Inactive(f"{cell.text()} with {allocator.name}: exit status "
                       f"{process.returncode}: {complaint.strip()[-500:]}")
    row = json.loads(measured) if measured else {}
    if cell.output:
        return {**row, "output": wrote}, wall
    lines = [l for l in printed.splitlines() if l.startswith(b"{")]
    if lines:
        row.update(json.loads(lines[-1]))
    return row, wall


def fingerprint(allocators, files, mode, cells):
    """Rows of different fingerprints are not to be mixed."""
    digest = hashlib.sha256(mode.encode())
    for allocator in allocators.values():
        digest.update(f"{allocator.name} {allocator.digest()}".encode())
    for cell in cells:
        name = Path(str(cell.argv[0])).name
        digest.update(repr((cell.key, name, [
            str(a) for a in cell.argv[1:] if not isinstance(a, Path)])).encode())
    for path in sorted(files):
        digest.update(Path(path).read_bytes())
    return digest.hexdigest()[:16]


class Store:
    """The rows of one part, in a file whose first line says what they are."""

    def __init__(self, path, head):
        self.path, self.head, self.rows = path, head, []
        self.replaced = False
        old, rows = load(path)
        if old is None:
            start_file(path, head)
        elif old.get("fingerprint") != head["fingerprint"]:
            path.replace(path.with_suffix(".jsonl.old"))
            self.replaced = True
            start_file(path, head)
        else:
            self.rows = rows
            rewrite(path, old, rows)

    def add(self, row):
        self.rows.append(row)
        with self.path.open("a", encoding="utf-8") as out:
            print(json.dumps(row), file=out)


def start_file(path, head):
    path.write_text(json.dumps(head) + "\n", encoding="utf-8")


def rewrite(path, head, rows):
    """Without the half line that a killed run may have left."""
    new = path.with_suffix(".jsonl.new")
    new.write_text("".join(json.dumps(line) + "\n" for line in [head] + rows),
                   encoding="utf-8")
    new.replace(path)


def load(path):
    """Head and rows; (None, []) where there are none."""
    lines = []
    if path.exists():
        for line in path.read_text(encoding="utf-8").splitlines():
            try:
                lines.append(json.loads(line))
            except ValueError:
                pass
    if not lines or "fingerprint" not in lines[0]:
        return None, []
    return lines[0], lines[1:]


def cell_id(cell):
    return tuple(sorted((k, str(v)) for k, v in cell.key.items()))


def allot(costs, rounds, seconds, fewest=FEWEST_ROUNDS, slow=math.inf):
    """Rounds for each cell, so that all fit in the seconds: the same time for
    each cell at most, from which the slow ones get fewer rounds, and one where
    it takes `slow` seconds."""
    def total(share):
        return sum(cost * given(cost, share) for cost in costs.values())

    def given(cost, share):
        least = fewest if cost < slow else 1
        return min(rounds, max(least, int(share / max(cost, 1e-6))))

    share = max(costs.values(), default=0) * rounds
    while total(share) > seconds and share > 1e-3:
        share *= 0.95
    return {cell: given(cost, share) for cell, cost in costs.items()}, \
        total(share)


def in_turn(allocators, turn):
    """Each round begins with another one: none is always first, after another
    program's memory was given back."""
    found = list(allocators.items())
    first = turn % len(found)
    return found[first:] + found[:first]


def warm_up(cell, allocator):
    """A run that counts for nothing: the program's files are in memory then."""
    with contextlib.suppress(Inactive):
        run(cell, allocator)


def measure(part, cells, allocators, store, rounds, seconds,
            fewest=FEWEST_ROUNDS, slow=math.inf, warm=False):
    """All rounds of all cells; skips what the store has. Allocators take turns
    within a cell, cells within a round."""
    progress = Progress(part)
    done = {(tuple(sorted((k, str(v)) for k, v in row["cell"].items())),
             row["round"], row["allocator"]): row for row in store.rows}
    given = {cell_id(cell): cell.rounds or rounds for cell in cells}
    warmed = set()
    failed = {(cell, name) for (cell, _, name), row in done.items()
              if "failed" in row}
    for turn in range(rounds):
        if turn == 1:
            given = plan_rounds(progress, cells, done, rounds, seconds, fewest,
                                slow)
        for number, cell in enumerate(cells):
            if turn >= given[cell_id(cell)]:
                continue
            for name, allocator in in_turn(allocators, turn):
                spot = (cell_id(cell), turn, name)
                if name in cell.without or spot in done or \
                        (spot[0], name) in failed:
                    continue
                progress.show(f"round {turn + 1} of {rounds}, cell "
                              f"{number + 1} of {len(cells)}: {cell.text()}, "
                              f"{name}")
                if warm and cell_id(cell) not in warmed:
                    warmed.add(cell_id(cell))
                    warm_up(cell, allocator)
                row = {"cell": cell.key, "round": turn, "allocator": name}
                try:
                    figures, wall = run(cell, allocator)
                    row.update(figures, took=round(wall, 4))
                except Inactive as error:
                    progress.say(f"left out: {error}")
                    row["failed"] = str(error)
                    failed.add((spot[0], name))
                done[spot] = row
                store.add(row)
    progress.end()


def plan_rounds(progress, cells, done, rounds, seconds, fewest, slow):
    costs = {cell_id(cell): 0.0 for cell in cells}
    for (cell, turn, _), row in done.items():
        if turn == 0 and cell in costs:
            costs[cell] += row.get("took", 0)
    given, total = allot(costs, rounds, seconds, fewest, slow)
    for cell in cells:
        if cell.rounds:
            given[cell_id(cell)] = min(cell.rounds, given[cell_id(cell)])
    fewer = sum(n < rounds for n in given.values())
    note = f", {fewer} slow cells with fewer (at least "\
        f"{min(given.values(), default=0)})" if fewer else ""
    progress.say(f"a round takes {math.ceil(sum(costs.values()))} s; estimate "
                 f"for {rounds} rounds{note}: {total / 60:.1f} minutes")
    return given
