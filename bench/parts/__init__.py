# SPDX-License-Identifier: MIT
"""The only list of parts, in the order of the page. A part is a module with

  NAME, TITLE      of the option --part, and of its section
  TARGETS          what has to be built
  ROUNDS, SHARE    rounds in each mode; its share of the time there is
  FEWEST           rounds that even slow cells get (3 where it is not said)
  ALONE            True where it is measured only if it is named
  MINUTES          in each mode, if not scripts/bench's
  WARM             True where each cell gets a run that does not count first
  SETUP            kind of scripts/setup that installs its programs
  SLOW_SECONDS     cells whose round takes so long get one (no cell, if not said)
  cells(mode, build)         what is run (driver.engine.Cell)
  choose(allocators)         under what
  section(rows, names)       Markdown
  pictures(rows, names, out) names of SVG files
  headline(rows, names)      the README's block of its name (may be left out)
  opening(rows)              the README's block "opening" (may be left out)
  checks(rows, names)        claim, limit, what was seen, whether it holds
"""
from parts import (applications, churn, clear, grid, memory, middle, observed,
                   programs, resize, reuse, small, threads, threshold, warming)

PARTS = {part.NAME: part for part in (grid, threshold, resize, churn, reuse,
                                      warming, small, middle, threads, memory, clear, observed,
                                      programs, applications)}
