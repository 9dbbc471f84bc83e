# SPDX-License-Identifier: MIT
"""Pictures by gnuplot; without it there are none, and the page says so."""
import shutil
import subprocess

from driver.allocators import OURS

# Told apart in print and by most colour-blind readers (Okabe and Ito).
COLOURS = {"glibc": "#999999", "glibc tuned": "#444444", "jemalloc": "#e69f00",
           "mimalloc": "#009e73", "tcmalloc": "#cc79a7", OURS: "#0072b2"}
SPARE = ["#d55e00", "#56b4e9", "#f0e442", "#009e73", "#cc79a7"]
SIZE_TICS = ("set xtics ('64K' 0.0625, '256K' 0.25, '1M' 1, '4M' 4, '10M' 10, "
             "'50M' 50, '200M' 200, '1G' 1024)")
TIME_TICS = ("set ytics ('100 ns' 1e2, '1 us' 1e3, '10 us' 1e4, '100 us' 1e5, "
             "'1 ms' 1e6, '10 ms' 1e7, '100 ms' 1e8, '1 s' 1e9, '10 s' 1e10)")


def available():
    return shutil.which("gnuplot") is not None


def quote(text):
    return "'" + text.replace("'", "''") + "'"


def colour(name, number):
    return COLOURS.get(name, SPARE[number % len(SPARE)])


def draw(path, script, width=760, height=460):
    head = (f"set terminal svg noenhanced size {width},{height} font 'sans,13' "
            f"background 'white'\nset output '{path}'\nset encoding utf8\n"
            "set grid lc rgb '#dddddd'\n")
    done = subprocess.run(["gnuplot"], input=head + script, text=True,
                          check=False, capture_output=True)
    if done.returncode != 0:
        raise RuntimeError(f"gnuplot, {path.name}: {done.stderr}")
    return path.name


def curves(path, title, series, settings, width=760, height=460):
    """series: name to [(x, y)]."""
    blocks, plots = [], []
    for number, (name, points) in enumerate(series.items()):
        blocks.append(f"$d{number} << EOD\n" +
                      "\n".join(f"{x} {y}" for x, y in points) + "\nEOD\n")
        thick = 5 if name.startswith(OURS) else 2
        plots.append(f"$d{number} with linespoints lw {thick} pt 7 ps 0.5 "
                     f"lc rgb '{colour(name, number)}' title '{name}'")
    return draw(path, f"set title {quote(title)}\n{settings}\n" + "".join(blocks) +
                "plot " + ", ".join(plots) + "\n", width, height)


def number_text(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:.2g}"


def bars(path, title, groups, series, unit, log=False, most=None):
    """groups: labels; series: name to a value (or None) for each label. Each bar
    is labelled. Where values lie far apart the scale is logarithmic, or bars are
    cut off at `most`."""
    def shown(value):
        return min(value, most) if most else value

    rows, width = [], 1 / (len(series) + 1)
    values = [v for line in series.values() for v in line if v and v == v]
    least = min(values, default=1) / 3
    scale = f"set logscale y\nset yrange [{least}:{max(values, default=1) * 4}]"
    labels = [f'{x - 0.5 + width * (i + 1)} {shown(v)} "{number_text(v)}"'
              for i, line in enumerate(series.values())
              for x, v in enumerate(line) if v and v == v]
    for index, label in enumerate(groups):
        values = [series[name][index] for name in series]
        rows.append(f'"{label}" ' + " ".join(
            "NaN" if v is None else f"{shown(v):.6g}" for v in values))
    plots = [f"$d using {i + 2}:xtic(1) lc rgb '{colour(name, i)}' "
             f"title {quote(name)}" for i, name in enumerate(series)]
    linear = f"set yrange [0:{most * 1.15 if most else '*'}]"
    return draw(path, f"set title {quote(title)}\nset style data histograms\n"
                "set style histogram clustered gap 1\nset style fill solid\n"
                f"set boxwidth 1\nset ylabel '{unit}'\n"
                "set format y '%g'\n"
                "set xtics rotate by -30 scale 0 nomirror\n"
                "set key outside top center horizontal\n"
                "set datafile missing 'NaN'\n"
                f"{scale if log else linear}\n"
                f"set xrange [-0.6:{len(groups) - 0.4}]\n"
                "$l << EOD\n" + "\n".join(labels) + "\nEOD\n"
                "$d << EOD\n" + "\n".join(rows) + "\nEOD\nplot " +
                ", ".join(plots) + ", $l with labels rotate by 90 left "
                "offset 0,0.4 font ',9' notitle\n", 960, 480)


def history_map(path, title, columns, lines, values):
    """values[line][column]: the ratio to the best peer, or None."""
    points, labels = [], []
    for y, line in enumerate(values):
        for x, value in enumerate(line):
            if value is None:
                continue
            points.append(f"{x} {y} {max(0.01, min(10, value)):.4g}")
            labels.append(f'{x} {y} "{value:.2g}"')

    def tics(texts):
        # A tic's text is a format.
        return ", ".join(quote(text.replace("%", "%%")) + f" {i}"
                         for i, text in enumerate(texts))

    return draw(path, f"set title {quote(title)}\nunset grid\n"
                f"set xtics ({tics(columns)}) scale 0\n"
                f"set ytics ({tics(lines)}) scale 0\n"
                f"set xrange [-0.5:{len(columns) - 0.5}]\n"
                f"set yrange [-0.5:{len(lines) - 0.5}] reverse\n"
                "set xlabel 'size of the block'\nset ylabel 'pages used'\n"
                "set logscale cb\nset cbrange [0.01:10]\n"
                "set cbtics ('1/100' 0.01, '1/10: faster' 0.1, "
                "'1: the same' 1, '10: slower' 10)\nset rmargin 18\n"
                "set palette defined (0 '#0072b2', 2 '#f7f7f7', 3 '#d55e00')\n"
                "$d << EOD\n" + "\n".join(points) + "\nEOD\n$l << EOD\n" +
                "\n".join(labels) + "\nEOD\nplot $d using 1:2:(0.48):(0.48):3 "
                "with boxxyerror fs solid noborder lc palette notitle, $l using 1:2:3 with labels font ',11' notitle\n",
                860, 440)
