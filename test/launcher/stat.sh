# shellcheck shell=sh disable=SC2154,SC2016
# The figures of the program and its children; its status and signals.
row() {
    grep -Eq "^ *$1 +$2" err || wrong "no '$1 $2' in: $(cat err)"
}

expect 0 'blocks, 1 process' "$lazyzero" stat "$blocks"
row requests_calloc '1 calls'
row bytes_not_zeroed '32.0 MiB'
row 'large requests by size: 1' 'of 32-64 MiB'
grep -q 'wall, .* page faults, ' err || wrong 'no times'
grep -q 'peak RSS .* of the largest process' err || wrong 'no memory'
! grep -q 'requests_malloc' err || wrong 'what did not happen is shown'

# Sums over processes: two of three have a large block.
expect 0 'sh, 3 processes' "$lazyzero" stat sh -c "'$blocks'; '$blocks'"
row requests_calloc '2 calls'

expect 7 'requests_calloc' "$lazyzero" stat "$blocks" fail 7

# However a process ends, its counts are there.
expect 137 'blocks, 1 process; signal 9 (Killed)' \
    "$lazyzero" stat "$blocks" signal 9
row requests_calloc '1 calls'
expect 0 '1 process' "$lazyzero" stat "$blocks" at-once
row requests_calloc '1 calls'
expect 0 '1 process' "$lazyzero" stat "$blocks" exec /bin/sh -c :
row requests_calloc '1 calls'
if command -v python3 >/dev/null; then
    cat >children.py <<'PYTHON'
import os
for i in range(3):
    child = os.fork()
    if child == 0:
        block = bytearray(20 << 20)
        os._exit(0) if i else os.abort()
    os.waitpid(child, 0)
PYTHON
    expect 0 'python3, 4 processes' "$lazyzero" stat python3 children.py
    grep -Eq '^ *bytes_allocated +60.0 MiB' err || wrong "$(cat err)"
    # More of them than there are places.
    cat >many.py <<'PYTHON'
import os
for i in range(1100):
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
block = bytearray(20 << 20)
PYTHON
    expect 0 '77 more processes are not counted' "$lazyzero" stat python3 many.py
    grep -q 'python3, 1024 processes' err || wrong "$(cat err)"
    grep -Eq '^ *bytes_allocated +20.0 MiB' err || wrong "$(cat err)"
fi
mkdir tmp
TMPDIR=$PWD/tmp expect 137 '' "$lazyzero" stat "$blocks" signal 9
[ -z "$(ls -A tmp)" ] || wrong "left behind: $(ls -R tmp)"
# One that lives on when all is over says nothing.
TMPDIR=$PWD/tmp "$lazyzero" stat sh -c \
    '(sleep 1; "$0"; echo end) >>late 2>&1 &' "$blocks" >out 2>err
for _ in $(seq 100); do
    grep -q end late && break
    sleep 0.1
done
[ "$(cat late)" = "$(printf 'blocks ran\nend')" ] || wrong "late: $(cat late)"

# As JSON, to a place of its own.
expect 7 'blocks ran' "$lazyzero" stat --json -o s.json "$blocks" fail 7
! grep -q lazyzero err || wrong "also on standard error: $(cat err)"
"$lazyzero" stat --json -o - "$blocks" signal 9 >piped.json 2>err
[ ! -e ./- ] || wrong '- is a file'
expect 125 '-o no/where.json: No such file' \
    "$lazyzero" stat -o no/where.json true
[ ! -w /dev/full ] || expect 125 '-o /dev/full: No space left' \
    "$lazyzero" stat --json -o /dev/full true
if command -v python3 >/dev/null; then
    python3 - s.json piped.json <<'PYTHON' || wrong "JSON: $(cat s.json)"
import json, sys
with open(sys.argv[1]) as file:
    found = json.load(file)
assert found["status"] == 7 and not found["killed"]
assert len(found["processes"]) == 1
one = found["processes"][0]
assert one["program"] == "launcher_blocks"[:15] and one["pid"] > 1, one
for counts in one, found["sum"]:
    assert counts["requests_calloc"] == counts["regions_freed"] == 1
    assert counts["bytes_allocated"] == 32 << 20
    assert counts["by_size"] == {str(32 << 20): 1}
assert found["wall"] > 0 and found["peak_rss"] > 1 << 20
with open(sys.argv[2]) as file:
    found = json.loads(file.read().replace("blocks ran\n", ""))
assert found["status"] == 137 and found["killed"]
PYTHON
fi
expect 126 'statically linked' "$lazyzero" stat "$programs/launcher_static"
expect 125 'which program?' "$lazyzero" stat

# A signal to us alone reaches the program.
"$lazyzero" stat "$blocks" sleep >out 2>err &
sleep 2
kill -TERM $!
wait $!
got=$?
[ $got -eq 143 ] || wrong "status $got after SIGTERM"
