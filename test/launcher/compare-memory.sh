# shellcheck shell=sh disable=SC2154,SC2016
# Memory at the end, faults in bytes, and the picture of them.
command -v python3 >/dev/null || exit 77

# json CHECK PROGRAM...: the check is Python; mib(figure) is the system's malloc's.
json() {
    check=$1
    shift
    "$lazyzero" compare -n 1 --json "$@" >out 2>err || wrong "$* $(cat err)"
    python3 - out "$check" <<'PYTHON' || wrong "$check: $* $(cat err)"
import json, sys
with open(sys.argv[1]) as file:
    found = json.load(file)
arms = found["allocators"]
def mib(figure):
    value = arms[0][figure]["median"]
    return value and value / (1 << 20)
for arm in arms:
    for peak, end in zip(arm["peak"]["runs"], arm["end"]["runs"]):
        assert end is None or 0 < end <= peak, (arm["name"], peak, end)
exec(compile(sys.argv[2], "check", "exec"))
PYTHON
}

cat >uses.py <<'PYTHON'
import os, sys, threading
block = bytearray(b"x" * 4096) * (256 * 60)
if "free" in sys.argv:
    del block
if "child" in sys.argv and os.fork() == 0:
    more = block * 1  # 120 MiB, the largest
    os._exit(0)
if "child" in sys.argv:
    del block
    os.wait()
if "thread" in sys.argv:  # ends the process, and is not its first
    threading.Thread(target=os._exit, args=(0,)).start()
    threading.Event().wait()
if "signal" in sys.argv:
    os.kill(os.getpid(), 9)
os._exit(0)  # before Python frees the block
PYTHON
# A page each, or a huge page; and bounds around each ratio.
huge=/sys/kernel/mm/transparent_hugepage/hpage_pmd_size
json "page, huge = $(getconf PAGESIZE), $(cat $huge 2>no || echo 0)"'
for arm in arms:
    for minor, major, h, faulted in zip(*(arm[f]["runs"] for f in (
            "minor", "major", "huge", "faulted"))):
        h = min(h, minor + major)
        assert faulted == (minor + major - h) * page + h * huge, arm
    for name in ("time_ratio", "memory_ratio"):
        ratio = arm[name]
        assert ratio["low"] <= ratio["median"] <= ratio["high"], (name, ratio)
assert mib("faulted") > 60
assert arms[0]["time_ratio"] == {"median": 1, "low": 1, "high": 1}' \
    python3 uses.py

if grep -q '"end": {"median": null' out; then
    echo 'ptrace(2) is not possible here'
    exit "$((result ? 1 : 77))"
fi
kept='assert mib("end") > 60, mib("end")'
json "$kept" python3 uses.py thread
json "$kept" sh -c 'python3 uses.py signal; true'
json 'assert mib("end") < 40 and mib("peak") > 60' python3 uses.py free
json 'assert mib("end") > 120' sh -c 'true; python3 uses.py child; true'
# A process that another thread started is not seen: unknown, not another's.
cat >hidden.py <<'PYTHON'
import subprocess, sys, threading
run = lambda: subprocess.run([sys.executable, "uses.py"], check=True)
thread = threading.Thread(target=run)
thread.start()
thread.join()
PYTHON
json 'assert mib("end") is None, mib("end")' python3 hidden.py

# A program that cannot be traced runs untraced, and the picture has no end then.
cat >untraced.py <<'PYTHON'
import ctypes, sys
sys.exit(ctypes.CDLL(None).ptrace(0, 0, 0, 0) != 0)  # PTRACE_TRACEME
PYTHON
expect 0 'the program fails if it is traced' \
    "$lazyzero" compare -n 1 python3 untraced.py
[ "$(wc -l <err)" -eq 1 ] || wrong "not said once: $(cat err)"
grep -q 'unknown$' out || wrong "an end: $(cat out)"
expect 1 "fails under the system's malloc: exit status 5" \
    "$lazyzero" compare -n 1 sh -c 'exit 5'
! grep -q traced err || wrong "blames tracing: $(cat err)"

command -v gnuplot >/dev/null || exit "$((result ? 1 : 77))"
expect 0 'drew p.svg' "$lazyzero" compare -n 1 --plot p.svg python3 uses.py
[ "$(wc -l <err)" -eq 1 ] || wrong "gnuplot says: $(cat err)"
for words in 'wall time' 'peak memory' 'memory at the end' '1: system' \
    liblazyzero 'python3 uses.py' 'medians of 1 round;'; do
    grep -qF "$words" p.svg || wrong "no '$words' in the picture"
done
# Each allocator has a ratio in each of the three parts, and the system's a figure.
arms=$(sed -n '/^ratio to/,/^$/p' out | grep -c '(')
[ "$(grep -c '([0-9.]*-[0-9.]*)' p.svg)" -eq $((3 * arms)) ] ||
    wrong "$(grep -c '([0-9.]*-[0-9.]*)' p.svg) ratios of $arms allocators"
expect 0 'drew q.svg' "$lazyzero" compare -n 1 --plot q.svg python3 untraced.py
grep -q unknown q.svg || wrong 'an end that is not known was drawn'
