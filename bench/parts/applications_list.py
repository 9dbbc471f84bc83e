# SPDX-License-Identifier: MIT
"""The only list of applications: what they need, run, and are fed with."""
import functools
import glob
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent / "applications"
PROGRAMS = HERE.parent / "programs"
PYTHON = "/usr/bin/python3"
POSTGRES = max(glob.glob("/usr/lib/postgresql/*/bin/postgres"),
               default="/usr/lib/postgresql/bin/postgres")


@dataclass
class Application:
    """needs: Python's modules ("python:numpy"), npm's packages ("npm:a"), and
    other files or commands; inputs: of `recipes`."""
    kind: str
    title: str
    needs: list
    command: list
    inputs: tuple = ()
    quick: bool = False


def python(kind, title, script, times, modules, quick=False):
    return Application(kind, title, [PYTHON] + ["python:" + m for m in modules],
                       [PYTHON, HERE / script, times], quick=quick)


def as_user(command):
    """PostgreSQL refuses to run as root."""
    if os.getuid() != 0:
        return command
    return ["setpriv", "--reuid=postgres", "--regid=postgres",
            "--clear-groups"] + command


def applications(work, modules):
    ml, arrays, images = "machine learning", "arrays", "images and video"
    data, packers, languages = "data", "compressors", "languages"
    same = "nothing should change"
    corpus, picture = work / "corpus", work / "photo.ppm"
    return [
        python(ml, "PyTorch, CNN inference", "torch_inference.py", 96,
               ["torch"], quick=True),
        python(ml, "PyTorch, CNN training", "torch_training.py", 6, ["torch"]),
        python(ml, "PyTorch, element-wise", "torch_elementwise.py", 3,
               ["torch"]),
        python(ml, "scikit-learn", "sklearn_models.py", 20000, ["sklearn"]),
        Application(ml, "onnxruntime (node)", ["node", "npm:onnxruntime-node"],
                    ["node", HERE / "onnx.js", modules, work / "model.onnx",
                     15], ("model.onnx",)),
        python(arrays, "numpy, expressions", "numpy_expressions.py", 10,
               ["numpy"], quick=True),
        python(arrays, "numpy, zeros and scatter", "numpy_scatter.py", 40,
               ["numpy"]),
        python(arrays, "numpy, stacks of images", "numpy_images.py", 6,
               ["numpy"]),
        python(arrays, "scipy, ndimage", "scipy_ndimage.py", 3, ["scipy"]),
        python(arrays, "scipy, FFT", "scipy_fft.py", 3, ["scipy"]),
        python(arrays, "pandas, tables", "pandas_tables.py", 1200000,
               ["pandas"], quick=True),
        Application(arrays, "R, vectors", ["Rscript"],
                    ["Rscript", "--vanilla", HERE / "vectors.R", 5],
                    quick=True),
        Application(arrays, "octave, matrices", ["octave-cli"],
                    ["octave-cli", "--no-init-file", HERE / "matrices.m", 4]),
        python(images, "OpenCV, 8K frames", "opencv_frames.py", 6, ["cv2"]),
        Application(images, "ImageMagick", ["/usr/bin/convert"],
                    ["/usr/bin/convert", picture, "-rotate", "90",
                     "-unsharp", "0x1", "-resize", "25%", "-strip",
                     "small.ppm"], ("photo.ppm",), quick=True),
        Application(images, "libvips", ["vips"],
                    ["vips", "similarity", picture, "turned.raw", "--angle",
                     "17", "--scale", "1.5"], ("photo.ppm",)),
        Application(images, "ffmpeg, 4K video", ["/usr/bin/ffmpeg"],
                    ["/usr/bin/ffmpeg", "-nostdin", "-v", "error", "-f",
                     "lavfi", "-i", "testsrc2=s=3840x2160:r=25",
                     "-frames:v", "30", "-vf",
                     "scale=1920:1080,unsharp,tmix=frames=5,transpose",
                     "-f", "md5", "-"]),
        Application(images, "GDAL, gdalwarp", ["gdalwarp", "gdal_translate"],
                    ["gdalwarp", "-q", "-r", "cubic", "-t_srs", "EPSG:3857",
                     "-wm", "500", work / "photo.tif", "warped.tif"],
                    ("photo.ppm", "photo.tif")),
        Application(data, "PostgreSQL, join and sort", [POSTGRES, "setpriv"],
                    ["sh", "-c", 'cd "$0" && exec "$@" <"$0.sql"',
                     work / "cluster"] + as_user(
                         [POSTGRES, "--single", "-F", "-c", "exit_on_error=on",
                          "-D", work / "cluster", "postgres"]), ("cluster",)),
        Application(data, "sqlite, sort and group", ["sqlite3"],
                    ["sqlite3", "-batch", "-init", work / "sqlite.sql",
                     "new.db", ".quit"], ("sqlite.sql",)),
        Application(data, "DuckDB (own jemalloc)", ["node", "npm:@duckdb/node-api"],
                    ["node", HERE / "duckdb.js", modules, 1500000]),
        Application(data, "redis, bulk load", ["redis-server", "redis-cli"],
                    [HERE / "redis_load.sh", work / "commands"],
                    ("commands",)),
        Application(data, "samtools, sort", ["samtools"],
                    ["samtools", "sort", "--no-PG", "-m", "300M", "-l", "1",
                     "-o", "sorted.bam", work / "alignments"],
                    ("alignments",)),
        Application(data, "minimap2", ["minimap2"],
                    ["minimap2", "-t", "2", "-x", "map-ont",
                     work / "reference", work / "reads"],
                    ("reference", "reads")),
        Application(packers, "xz -9", ["xz"],
                    ["xz", "-9", "-T1", "-c", corpus], ("corpus",), quick=True),
        Application(packers, "zstd --ultra -20 --long", ["zstd"],
                    ["zstd", "-q", "--ultra", "-20", "--long=27", "-T1", "-c",
                     corpus], ("corpus",)),
        Application(packers, "7z", ["7z"],
                    ["7z", "a", "-mx=7", "-mmt=2", "-bd", "new.7z", corpus],
                    ("corpus",)),
        Application(languages, "node, Buffers", ["node"],
                    ["node", HERE / "buffers.js", 40]),
        Application(languages, "node, typed arrays", ["node"],
                    ["node", HERE / "typed_arrays.js", 25], quick=True),
        Application(languages, "perl, strings", ["perl"],
                    ["perl", HERE / "strings.pl", 20]),
        Application(languages, "ruby, strings and arrays", ["ruby"],
                    ["ruby", HERE / "strings.rb", 4]),
        Application(languages, "C++, vectors", ["g++"],
                    [work / "vectors", 6], ("vectors",)),
        Application(languages, "Go with cgo", ["go"],
                    [work / "cgo", 60], ("cgo",)),
        Application(languages, "java, ten starts", ["java", "javac"],
                    [HERE / "java_starts.sh", work, 10], ("Start.class",)),
        Application(same, "gcc", ["gcc"],
                    ["gcc", "-O1", "-c", "-o", "large.o", work / "large.c"],
                    ("large.c",), quick=True),
        python(same, "python, JSON", "json_documents.py", 12, []),
        Application(same, "git, a pack", ["git"],
                    ["git", "-C", work / "history", "pack-objects", "-q",
                     "--all", "--stdout", "--no-reuse-delta",
                     "--no-reuse-object", "--threads=1"], ("history",)),
    ]


def generated(kind, size):
    return [PYTHON, HERE / "generate.py", kind, size]


def sql(name, rows):
    return ["sed", f"s/ROWS/{rows}/", HERE / name]


def recipes(work):
    """Input to the commands that make it, $0 being its name for now. What they
    print is the input, where they do not write to it."""
    cluster = ('mkdir "$0"; [ $(id -u) -ne 0 ] || chown postgres "$0"; '
               'bin=$1; sql=$2; queries=$3; shift 3; '
               '"$@" "$bin/initdb" -D "$0" -A trust --locale=C -E UTF8; '
               'sed "s/ROWS/700000/" "$sql" | "$@" "$bin/postgres" --single '
               '-F -c exit_on_error=on -D "$0" postgres; cp "$queries" "${0%.new}.sql"')
    return {
        "corpus": generated("text", 3),
        "photo.ppm": generated("photo", 5000),
        "commands": generated("commands", 300000),
        "alignments": generated("alignments", 400000),
        "reference": generated("reference", 4),
        "reads": generated("reads", 4000),
        "large.c": [PYTHON, PROGRAMS / "generate_source.py", 500],
        "sqlite.sql": sql("sort_and_group.sql", 600000),
        "model.onnx": ["sh", "-c", f'{PYTHON} "$1" "$0" >&2',
                       HERE / "network.py"],
        "photo.tif": ["sh", "-c", 'gdal_translate -q -of GTiff -a_srs EPSG:4326'
                      ' -a_ullr 0 60 30 40 "$1" "$0"', work / "photo.ppm"],
        "history": ["sh", "-c", f'git init -q --bare "$0"; {PYTHON} "$1" '
                    'history 700 | git -C "$0" fast-import --quiet',
                    HERE / "generate.py"],
        "vectors": ["sh", "-c", 'g++ -O2 -o "$0" "$1"', HERE / "vectors.cpp"],
        "cgo": ["sh", "-c", 'go build -o "$0" "$1"', HERE / "cgo.go"],
        "Start.class": ["sh", "-c", 'javac -d "$0" "$1"; mv "$0/Start.class" '
                        '"$0.file"; rmdir "$0"; mv "$0.file" "$0"',
                        PROGRAMS / "Start.java"],
        "cluster": ["sh", "-ec", cluster + ' >&2', Path(POSTGRES).parent,
                    HERE / "prepare.sql", HERE / "join_and_sort.sql",
                    *as_user(["env"])],
    }


def recipe_text(command):
    """What an input depends on."""
    return repr([c.read_text(encoding="utf-8")
                 if isinstance(c, Path) and HERE.parent in c.parents else str(c)
                 for c in command])


def make(work, name):
    """Makes an input, unless it is there; says why where that fails."""
    path, note = work / name, work / (name + ".recipe")
    new = work / (name + ".new")
    command = recipes(work)[name]
    text = recipe_text(command)
    if path.exists() and note.exists() and note.read_text() == text:
        return True
    print(f"bench: applications: making {name}", file=sys.stderr)
    subprocess.run(["rm", "-rf", path, new], check=True)
    command = [str(c) for c in command]
    if command[0] == "sh":
        command.insert(3, str(new))
    done = subprocess.run(command, capture_output=True, check=False,
                          stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        print(f"bench: applications: {name}: "
              f"{done.stderr.decode(errors='replace')[-400:]}",
              file=sys.stderr)
        return False
    if not new.exists():
        new.write_bytes(done.stdout)
    new.rename(path)
    note.write_text(text)
    return True


@functools.lru_cache
def has_module(name):
    """Has Debian's Python that module?"""
    code = "import importlib.util as u, sys; sys.exit(not u.find_spec(sys.argv[1]))"
    return subprocess.run([PYTHON, "-c", code, name], check=False,
                          capture_output=True).returncode == 0


def absent(application, modules):
    """The first of what it needs that is not here; or None."""
    for need in application.needs:
        kind, _, name = need.partition(":")
        if kind == "python" and name:
            there = has_module(name)
        elif kind == "npm":
            there = (modules / name / "package.json").exists()
        else:
            there = shutil.which(need)
        if not there:
            return need
    return None
