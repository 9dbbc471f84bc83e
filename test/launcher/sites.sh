# shellcheck shell=sh disable=SC2154
# Call sites: who asked for what, and how much of it was touched.
program=$programs/launcher_sites
PYTHON=$(command -v python3) || { echo 'no python3'; exit 77; }

expect 0 'large calls' "$lazyzero" trace --sites --profile p -o calls.csv \
    --memset "$program"
grep -q ',malloc,fresh,.*,[0-9]*,[0-9a-f]* [0-9a-f]' calls.csv || {
    echo 'this build has no call stacks'
    exit 77
}
cp err table
grep -q 'call sites in all' table || wrong "no table: $(cat table)"

# Functions have names only where libdw is there.
names=1
if grep -q 'launcher_sites+0x' table; then
    names=0
    grep -q 'built without elfutils' table || wrong "no word of libdw: $(cat table)"
fi

# The totals, counted anew and otherwise than the command does.
cat >check.py <<'EOF'
import csv, re, sys

def total(path):
    for line in open(path):
        if line.startswith("  t*:"):
            return tuple(int(n) for n in line.split("[")[0].split(":")[1:])

asked = touched = unknown = blocks = 0
live = {}
def over(block, resident):
    global asked, touched, unknown, blocks
    blocks += 1
    asked += block
    if resident == "":
        unknown += block
    else:
        touched += min(block, int(resident))
calls = [row for row in csv.DictReader(open(sys.argv[1]))
         if row["call"] not in ("start", "code", "memset", "release")]
def moment(row):
    begins = row["call"] in ("malloc", "calloc", "memalign")
    return int(row["time_ns"]) + (int(row["call_ns"]) if begins else 0)
for row in sorted(calls, key=moment):
    key = row["pid"], row["address"]
    if row["call"] in ("free", "exit"):
        if key in live:
            over(live.pop(key), row["resident"])
        continue
    if row["call"] == "realloc":
        gone = live.pop((row["pid"], row["from"]), None)
        if row["how"] == "heap":
            over(gone, row["resident"])
    if row["how"] not in ("heap", "failed"):
        live[key] = int(row["size"])
for block in live.values():
    over(block, "")
prefix = sys.argv[2]
assert total(prefix + ".asked.heap") == (blocks, asked), (blocks, asked)
if sys.argv[3:] == ["asked"]:
    sys.exit()
assert total(prefix + ".touched.heap") == (blocks, touched), (blocks, touched)
rest = asked - touched - unknown
assert total(prefix + ".untouched.heap") == (blocks, rest), (blocks, rest)
for kind, sum_ in ("asked", asked), ("touched", touched), ("untouched", rest):
    lines = open(prefix + "." + kind + ".folded").read().splitlines()
    # What speedscope takes of a line, and flamegraph.pl.
    lines = [re.fullmatch(r"(.*) (\d+)", line).groups() for line in lines]
    assert sum(int(value) for stack, value in lines) == sum_, kind
    assert all(frame for stack, value in lines
               for frame in stack.split(";")), lines
print(blocks, asked, touched, unknown)
EOF
"$PYTHON" check.py calls.csv p >counted || wrong 'other totals than the trace'
# 2 wasteful, thrifty, growing, 200 in threads, 2 by signal, 1 in the child
[ "$(cut -d' ' -f1 counted)" -eq 207 ] || wrong "blocks: $(cat counted)"
expected=$(((64 * 2 + 16 + 40 + 200 * 3 + 2 * 5 + 7) << 20))
[ "$(cut -d' ' -f2 counted)" -eq $expected ] || wrong "asked: $(cat counted)"

# folded KIND FUNCTION: its bytes, as the innermost function
folded() {
    awk -v name="$2" '{ n = split($0, part, ";"); split(part[n], word, " ")
        if (word[1] == name) sum += word[2] }
        END { printf "%d\n", sum }' "p.$1.folded"
}
if [ $names -eq 1 ]; then
    for line in "wasteful $((128 << 20))" "thrifty $((16 << 20))" \
        "growing $((40 << 20))" "in_thread $((600 << 20))" \
        "in_child $((7 << 20))"; do
        [ "$(folded asked "${line% *}")" -eq "${line#* }" ] ||
            wrong "$line: $(cat p.asked.folded)"
    done
    [ "$(folded touched thrifty)" -eq $((16 << 20)) ] || wrong 'thrifty'
    [ "$(folded touched growing)" -eq $((3 << 20)) ] ||
        wrong "growing: $(cat p.touched.folded)"
    [ "$(folded untouched wasteful)" -gt $((120 << 20)) ] || wrong 'wasteful'
    # The one on the handler's own stack has no call stack, the other one has.
    [ "$(folded asked by_signal)" -eq $((5 << 20)) ] ||
        wrong "by_signal: $(cat p.asked.folded)"
    grep -q 'main;wasteful ' p.asked.folded || wrong 'not called by main'
    grep -q '^ *wasteful  (launcher_sites, sites.c:[0-9]*)$' table ||
        wrong "no line of the source: $(cat table)"
fi

# The same from the trace alone, and one without call stacks.
expect 0 'call sites in all' "$lazyzero" trace --read calls.csv --profile q
cmp -s p.untouched.heap q.untouched.heap || wrong 'another report of it'
expect 0 'large calls' "$lazyzero" trace -o plain.csv "$program"
expect 0 'has no call stacks' "$lazyzero" trace --sites --read plain.csv
# That one has the same totals; what was touched depends on what is reused.
"$PYTHON" check.py plain.csv p asked >counted || wrong 'a plain trace has others'
expect 125 'No such file' "$lazyzero" trace --read nothing.csv
expect 125 'runs no program' "$lazyzero" trace --read calls.csv true
expect 125 '/no/folder/x.asked.heap' \
    "$lazyzero" trace --profile /no/folder/x -o x.csv true
expect 125 '--sites does this' "$lazyzero" trace --trace-sites "$program"

# A process that is killed: what was touched is not known.
expect 137 '32.0 MiB' "$lazyzero" trace --sites --profile k -o k.csv \
    "$PYTHON" -c 'import os; a = bytearray(32 << 20); os.kill(os.getpid(), 9)'
grep -q 'is not known' err || wrong "killed: $(cat err)"
"$PYTHON" check.py k.csv k >counted || wrong 'totals of a killed process'
[ "$(cut -d' ' -f4 counted)" -eq $(((32 << 20) + 1)) ] || wrong "$(cat counted)"

if [ $names -eq 1 ] && command -v jeprof >/dev/null; then
    for kind in asked touched untouched; do
        jeprof --text "$program" p.$kind.heap >text 2>err ||
            wrong "jeprof: $(cat err)"
        [ $kind = touched ] || grep -q '^ *[0-9.]* .* wasteful$' text ||
            wrong "jeprof, $kind: $(cat text)"
    done
    grep -q '^Total: [0-9.]* MB' text || wrong "jeprof: $(cat text)"
    # As graphviz draws it: boxes of functions, arrows of calls.
    jeprof --dot "$program" p.untouched.heap >graph 2>err ||
        wrong "jeprof: $(cat err)"
    for line in 'label="main.n' 'label="wasteful.n' '^N[0-9]* -> N[0-9]* '; do
        grep -q "$line" graph || wrong "jeprof, $line: $(cat graph)"
    done
fi

# Programs that are there: the library that owns the untouched bytes.
if "$PYTHON" -c 'import numpy' 2>/dev/null; then
    expect 0 'multiarray_umath' "$lazyzero" trace --profile n -o n.csv \
        "$PYTHON" -c 'import numpy
a = numpy.zeros(10000000)
a[::10000] = 1'
    "$PYTHON" check.py n.csv n >counted || wrong 'totals of numpy'
    head -n 1 n.untouched.folded | grep -q 'umath' ||
        wrong "numpy: $(cat n.untouched.folded)"
fi
if command -v xz >/dev/null && ldd "$(command -v xz)" | grep -q liblzma; then
    expect 0 'liblzma' "$lazyzero" trace --profile z -o z.csv \
        sh -c "xz -9 -k -c '$library' >/dev/null"
    "$PYTHON" check.py z.csv z >counted || wrong 'totals of xz'
    head -n 1 z.untouched.folded | grep -q 'liblzma\|lzma_' ||
        wrong "xz: $(cat z.untouched.folded)"
fi
if command -v node >/dev/null; then
    expect 0 'large calls' "$lazyzero" trace --profile j -o j.csv node \
        --perf-basic-prof --interpreted-frames-native-stack \
        -e 'function owner() { return Buffer.alloc(10000000) } owner()'
    "$PYTHON" check.py j.csv j >counted || wrong 'totals of node'
    [ "$(uname -m)" != x86_64 ] || grep -q 'owner' j.asked.folded ||
        wrong "node: $(cat j.asked.folded)"
    rm -f "/tmp/perf-$(sed -n '2s/^[0-9]*,\([0-9]*\),.*/\1/p' j.csv).map"
fi
if /usr/bin/python3 -c 'import torch' 2>/dev/null; then
    expect 0 'large calls' "$lazyzero" trace --profile t -o t.csv \
        /usr/bin/python3 "$root/bench/applications/torch_inference.py" 8
    "$PYTHON" check.py t.csv t >counted || wrong 'totals of PyTorch'
    [ $names -eq 0 ] || grep -q '_conv.*;c10::alloc_cpu' t.asked.folded ||
        wrong "PyTorch: $(cat t.asked.folded)"
fi
if command -v go >/dev/null; then
    GOPATH=$PWD/gopath GOCACHE=$PWD/cache CGO_ENABLED=1 \
        go build -o cgo "$root/bench/applications/cgo.go" >out 2>&1 ||
        wrong "cgo: $(cat out)"
    expect 0 'large calls' "$lazyzero" trace --profile g -o g.csv ./cgo 5
    "$PYTHON" check.py g.csv g >counted || wrong 'totals of cgo'
    head -n 1 g.untouched.folded | grep -q 'Cfunc_index_of\|cgo+0x' ||
        wrong "cgo: $(cat g.untouched.folded)"
    # Its cache is read-only, which the removal of the folder does not like.
    chmod -R u+w gopath cache 2>/dev/null
fi
