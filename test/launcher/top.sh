# shellcheck shell=sh disable=SC2154
# Running processes, read from outside: their own numbers, and a terminal as it was.
command -v python3 >/dev/null || { echo 'no python3'; exit 77; }
terminal=${scenario%/*}/terminal

# One that works, and tells when it has begun; it ends when the file `over` is
# there, and then writes its statistics.
cat >work.py <<'PYTHON'
import os, sys, time
name = sys.argv[1]
kept = bytearray(40 << 20)
while not os.path.exists("over"):
    for i in range(4):
        block = bytearray(b"x") * (8 << 20)
    if not os.path.exists(name):
        open(name, "w").write(str(os.getpid()))
    while os.path.exists("pause") and not os.path.exists("over"):
        time.sleep(0.05)
    time.sleep(0.01)
PYTHON
# start NAME OPTION...: sets `pid`
start() {
    name=$1
    shift
    "$lazyzero" "$@" python3 work.py "$name" >>work.out 2>&1 &
    for _ in $(seq 300); do
        [ -s "$name" ] && break
        sleep 0.1
    done
    pid=$(cat "$name") || { wrong "$name did not start"; exit 1; }
}
start first --stats first.json
first=$pid
start second --threshold 1G
second=$pid

# The system may let only root or a parent read a process.
"$lazyzero" top --once --interval 0.1 "$first" >out 2>err
if grep -q 'may not be read' err; then
    touch over
    cat err
    exit 77
fi

# One by its number; two looks give rates.
expect 0 "lazyzero top: python3, process $first, liblazyzero $version" \
    "$lazyzero" top --once --interval 0.3 "$first"
grep -Eq '^ *live +(48|56)\.. MiB +peak' out || wrong "live: $(cat out)"
grep -Eq '^ *allocations +[1-9][0-9.k]* +[1-9]' out || wrong "rates: $(cat out)"
! grep -q "$(printf '\033')" out || wrong 'escapes in what is no terminal'
expect 0 "process $second" "$lazyzero" top --once --interval 0.1 "$second"
grep -Eq '^ *live +0 bytes' out || wrong "live: $(cat out)"

# Its largest blocks, and how much of each was touched.
expect 0 'largest blocks' "$lazyzero" top --once --interval 0.1 "$first"
grep -Eq '^  0x[0-9a-f]+ +40\.0 MiB +[0-9]\.[0-9] %' out || wrong "blocks: $(cat out)"
cat >used.py <<'PYTHON'
import mmap, os, sys, time
huge = bytearray(600 << 20)             # more than a group of granules
half = bytearray(20 << 20)
half[:10 << 20] = b"x" * (10 << 20)
small = [bytearray((3 << 20) + i) for i in range(6)]
# A file of the library's name, of which nothing is in memory.
with open("liblazyzero.so.9", "wb") as file:
    file.write(b"liblazyzero view" * 65536)
with open("liblazyzero.so.9", "rb") as file:
    os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    untouched = mmap.mmap(file.fileno(), 0, mmap.MAP_PRIVATE, mmap.PROT_READ)
open("used", "w").write(str(os.getpid()))
while not os.path.exists("over"):
    time.sleep(0.05)
PYTHON
"$lazyzero" python3 used.py >>work.out 2>&1 &
for _ in $(seq 300); do
    [ -s used ] && break
    sleep 0.1
done
used=$(cat used)
"$lazyzero" top --once --json --interval 0.1 "$used" >used.json ||
    wrong 'top of used.py'
python3 - used.json "$used" <<'PYTHON' || wrong "$(cat used.json)"
import json, sys
largest = json.load(open(sys.argv[1]))["processes"][0]["largest"]
sizes = [block["bytes"] for block in largest]
assert len(largest) == 5 and sizes == sorted(sizes, reverse=True), largest
assert sizes[0] >> 20 == 600 and sizes[1] >> 20 == 20, largest
assert all(size >> 20 == 3 for size in sizes[2:]), largest
assert len({block["address"] for block in largest}) == 5, largest
assert largest[0]["touched"] < 0.02, largest
# Huge pages may round it up.
assert 0.5 <= largest[1]["touched"] < 0.65, largest
rss = None
for line in open("/proc/%s/smaps" % sys.argv[2]):
    if "liblazyzero.so.9" in line:
        rss = "next"
    elif rss == "next" and line.startswith("Rss:"):
        rss = int(line.split()[1])
assert rss == 0, "top read %s KiB of the file from its disk" % rss
PYTHON

# All of them, in order, as a table and as JSON.
expect 0 'ALLOC/S' "$lazyzero" top --once --interval 0.3
sed -n "s/^ *\\($first\\|$second\\) .* python3\$/\\1/p" out >order
[ "$(cat order)" = "$(printf '%s\n%s' "$first" "$second")" ] ||
    wrong "order: $(cat out)"
! grep -Eq "^ *$$ " out || wrong "lists this shell: $(cat out)"
expect 125 'expected live, kept' "$lazyzero" top --sort name
touch pause
sleep 0.5
for kind in all "$first"; do
    [ "$kind" = all ] && kind=
    # shellcheck disable=SC2086 # nothing, or a number
    "$lazyzero" top --json --interval 0.1 $kind >top.json 2>err &
    watcher=$!
    sleep 1
    kill -INT $watcher
    kill -TERM $watcher
    wait $watcher
    got=$?
    [ $got -eq 0 ] || [ $got -eq 143 ] || wrong "status $got after a signal"
    [ "$(wc -l <top.json)" -ge 3 ] || wrong "no lines: $(cat top.json err)"
done
"$lazyzero" top --once --json "$first" >top.json || wrong '--once --json'

# Refused in one line.
refuse() {
    expect "$@"
    [ "$(wc -l <err)" -eq 1 ] || wrong "more than a line: $(cat err)"
}
sleep 60 &
refuse 125 'has no liblazyzero' "$lazyzero" top --once $!
kill $!
refuse 125 'there is no process 1073741824' "$lazyzero" top 1073741824
refuse 125 'expected the number of a process' "$lazyzero" top python3
refuse 125 'takes one process' "$lazyzero" top 1 2
refuse 125 'expected seconds' "$lazyzero" top --interval 0
refuse 125 'no option --threshold' "$lazyzero" top --threshold 1M
if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null; then
    mkdir bin
    cp "$lazyzero" bin/lazyzero
    chmod 755 . bin bin/lazyzero
    refuse 125 "process $first may not be read" \
        setpriv --reuid 65534 --clear-groups bin/lazyzero top --once "$first"
    expect 0 'may not be read' \
        setpriv --reuid 65534 --clear-groups bin/lazyzero top --once
fi
sed "s/liblazyzero view/liblazyzero none/" "$library" >liblazyzero.so
LD_PRELOAD=$PWD/liblazyzero.so sleep 60 &
sleep 0.5
refuse 125 'has no liblazyzero' "$lazyzero" top --once $!
kill $!
python3 - "$library" liblazyzero.so <<'PYTHON'
import sys
data = open(sys.argv[1], "rb").read()
at = data.index(b"liblazyzero view") + 16
data = data[:at] + b"\xff\x00" + data[at + 2:]
open(sys.argv[2], "wb").write(data)
PYTHON
LD_PRELOAD=$PWD/liblazyzero.so sleep 60 &
sleep 0.5
refuse 125 "has liblazyzero $version, and this command" "$lazyzero" top --once $!
kill $!
[ ! -w /dev/full ] || expect 125 'cannot write to standard output' \
    sh -c "'$lazyzero' top $first >/dev/full"
rm pause

# At a terminal: drawn to its size, and left as it was.
at() {
    status=$1 words=$2
    shift 2
    "$terminal" "$@" >out 2>err
    got=$?
    [ $got -eq "$status" ] || wrong "status $got, expected $status: $*" \
        "$(cat out err)"
    grep -qF -e "$words" out || wrong "no '$words' from: $*" "$(cat out err)"
}
at 0 'page faults that reuse saved' 24 100 ctrl-c \
    "$lazyzero" top --interval 0.2 "$first"
at 0 'faults avoided' 24 40 q "$lazyzero" top --interval 0.2 "$first"
at 0 'PROGRAM' 24 120 q "$lazyzero" top --interval 0.2
grep -q 'AVOIDED/S.*REUSED' out || wrong "wide: $(cat out)"
at 0 'LIVE' 24 40 ctrl-c "$lazyzero" top --interval 0.2
! grep -q 'REUSED' out || wrong "narrow: $(cat out)"
grep -q 'python3' out || wrong "no name: $(cat out)"
at 0 'more' 5 80 q "$lazyzero" top --interval 0.2
at 0 'LIVE' 24 80 resize "$lazyzero" top --interval 60
at 0 'allocations' 24 80 stop "$lazyzero" top --interval 0.2 "$first"
at 143 'allocations' 24 80 term "$lazyzero" top --interval 0.2 "$first"
at 0 "lazyzero: process $second has ended" 24 80 "end=$second" \
    "$lazyzero" top --interval 0.2 "$second"

# What it says of itself at its end is what was read.
touch over
for _ in $(seq 100); do
    [ -s first.json ] && break
    sleep 0.1
done
python3 - top.json first.json <<'PYTHON' || wrong "$(cat top.json first.json)"
import json, sys
with open(sys.argv[1]) as file:
    found = json.load(file)
assert len(found["processes"]) == 1
found = found["processes"][0]
with open(sys.argv[2]) as file:
    own = json.load(file)
assert found["pid"] == own["pid"] and found["program"] == "python3"
assert found["library"] == own["version"]
assert found["live_bytes"] >= 40 << 20 and found["resident_bytes"] > 1 << 20
assert found["per_second"]["regions_allocated"] == 0  # it paused
for name in own:
    if name in found and name not in ("pid", "program", "live_bytes",
                                      "retained_bytes"):
        assert 0 <= found[name] <= own[name], name
assert found["regions_allocated"] >= 4 and found["bytes_reused"] > 0
PYTHON
