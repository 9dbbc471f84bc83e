# SPDX-License-Identifier: MIT
"""The picture: programs down; wall time and peak memory, glibc's as 1. A bar is
liblazyzero; a mark of its own colour is the best other allocator."""
import math

from driver import gnuplot
from driver.allocators import OURS

MOST = {"wall": 1.5, "peak": 1.5}
TITLE = {"wall": "wall time", "peak": "peak memory"}
# Pixels: of a line, and of what is above and below the lines.
LINE, AROUND, WIDTH = 17, 126, 900
MEAN = "geometric mean"


def lines(figures, field):
    """(y, text, ours, best other, its ratio) from the top down, by kind; a kind
    is a line of its own, whose ratio is None."""
    found, y, kind = [], 0, None
    for cell in figures.cells:
        if cell[1] != kind:
            kind = cell[1]
            found.append((y, kind, None, None, math.nan))
            y -= 1
        ours = figures.ratio(field, cell, OURS)
        found.append((y, cell[0], ours, *figures.best(field, cell)))
        y -= 1
    means = {n: figures.mean(field, n) for n in figures.others}
    best = min(means, key=means.get, default=None)
    found.append((y - 0.3, MEAN, figures.mean(field, OURS), best,
                  means.get(best, math.nan)))
    return found


def panel(figures, field, number):
    """The data of one half, and its plot command."""
    most, drawn = MOST[field], lines(figures, field)
    bars, values, marks = [], [], {}
    for y, _, ours, best, ratio in drawn:
        if ours is None:
            continue
        bars.append(f"0 {y} 0 {min(ours, most)} {y - 0.36} {y + 0.36}")
        values.append(f'0.02 {y} "{ours:.2f}"')
        if best:
            marks.setdefault(best, []).append(f"{min(ratio, most)} {y}")
    data = f"$b{number} << EOD\n" + "\n".join(bars) + "\nEOD\n" + \
        f"$v{number} << EOD\n" + "\n".join(values) + "\nEOD\n"
    plots = [f"$b{number} using 1:2:3:4:5:6 with boxxyerror fs solid noborder "
             f"lc rgb '{gnuplot.COLOURS[OURS]}' notitle",
             f"$v{number} using 1:2:3 with labels left textcolor rgb 'white' "
             "font ',10' notitle"]
    for place, name in enumerate(figures.others):
        if name in marks:
            data += f"$m{number}{place} << EOD\n" + "\n".join(marks[name]) + \
                "\nEOD\n"
            plots.append(f"$m{number}{place} with points pt 13 ps 1.3 lc rgb "
                         "'white' notitle")
            plots.append(f"$m{number}{place} with points pt 13 ps 0.9 lc rgb "
                         f"'{gnuplot.colour(name, place)}' notitle")
    return data, "plot " + ", ".join(plots), drawn


def tics(drawn):
    return ", ".join(f"{gnuplot.quote(text)} {y}"
                     for y, text, ours, _, _ in drawn if ours is not None)


def headings(drawn):
    """Names of kinds, above their programs."""
    return "".join(f"set label {i + 1} {gnuplot.quote(text)} at graph 0, "
                   f"first {y - 0.1} right offset -1,0 "
                   "textcolor rgb '#777777' font ',11'\n"
                   for i, (y, text, ours, _, _) in enumerate(drawn)
                   if ours is None)


def key(figures, height):
    """Above the two halves: what it is, and what the marks are."""
    y, at = 1 - 42 / height, 0.40
    parts = ["set label 99 'Unmodified programs, liblazyzero preloaded: wall "
             f"time and peak memory, glibc = 1' at screen 0.5, screen "
             f"{1 - 16 / height} center font ',15'\n",
             f"set object 100 rectangle from screen 0.035, screen {y - 6 / height}"
             f" to screen 0.05, screen {y + 6 / height} fc rgb "
             f"'{gnuplot.COLOURS[OURS]}' fs solid noborder\n"
             f"set label 100 'liblazyzero' at screen 0.057, screen {y}\n"
             f"set label 101 'the best other allocator:' at screen 0.20, "
             f"screen {y}\n"]
    for place, name in enumerate(figures.others):
        parts.append(f"set label {110 + place} {gnuplot.quote(name)} at screen "
                     f"{at}, screen {y} left offset 1,0.1 point pt 13 ps 1 lc "
                     f"rgb '{gnuplot.colour(name, place)}'\n")
        at += 0.045 + 0.0085 * len(name)
    return "".join(parts)


def draw(path, figures):
    wall, plot_wall, drawn = panel(figures, "wall", 1)
    peak, plot_peak, _ = panel(figures, "peak", 2)
    low = drawn[-1][0] - 0.8
    height = AROUND + int(LINE * (0.8 - low))
    top, bottom = 1 - 92 / height, 34 / height

    def half(field, left, right):
        return (f"set lmargin at screen {left}\nset rmargin at screen {right}\n"
                f"set tmargin at screen {top}\nset bmargin at screen {bottom}\n"
                f"set xrange [0:{MOST[field]}]\n"
                f"set title '{TITLE[field]} (shorter is better)' "
                "font ',13' offset 0,-0.4\n"
                "set arrow 1 from 1, graph 0 to 1, graph 1 nohead lw 2 lc rgb "
                "'#444444' front\n")

    script = (
        wall + peak + "set multiplot\nunset key\nset border 0\n"
        "unset grid\nset grid xtics lc rgb '#dddddd'\n"
        f"set yrange [{low}:0.8]\n"
        "set xtics ('0' 0, '0.5' 0.5, '1: glibc' 1, '1.5' 1.5) scale 0 "
        "font ',11'\n"
        f"set ytics ({tics(drawn)}) scale 0 font ',11'\n" +
        headings(drawn) + key(figures, height) + half("wall", 0.24, 0.6) + plot_wall +
        "\n" + "unset label\nunset object\nset ytics format ''\n"
        f"set ytics ({tics([])}) scale 0\nunset ytics\n" +
        half("peak", 0.63, 0.985) + plot_peak + "\nunset multiplot\n")
    return gnuplot.draw(path, script, WIDTH, height)
