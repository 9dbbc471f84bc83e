# shellcheck shell=sh disable=SC2154,SC2016
# A table, JSON and Markdown of every allocator; failures are said.
for name in system liblazyzero 'Medians of 2 rounds' 'No verdict'; do
    expect 0 "$name" "$lazyzero" compare -n 2 "$blocks"
done
! grep -q 'less\|more\|no clear' out || wrong "a verdict: $(cat out)"
# By a short name: where the line is cut does not depend on where this is built.
ln -s "$blocks" blocks
expect 0 "liblazyzero against the system's malloc: " \
    "$lazyzero" compare -n 6 ./blocks 'a long argument of forty and some bytes' \
    'and another that would not fit on a line' /and/another
! grep -q ' 0 % \|No verdict' out || wrong "verdict: $(cat out)"
# The verdict is that of the bounds, unless they were rounded to 1.
for figure in 'time:2,3' 'peak memory:4,5'; do
    bounds=$(sed -n '/^ratio to/,/^$/s/^liblazyzero *//p' out | tr -s ' (-' '   ' |
        tr -d ')' | cut -d ' ' -f "$([ "$figure" = time:2,3 ] && echo 2,3 || echo 5,6)")
    tr '\n' ' ' <out | awk -v bounds="$bounds" -v what="${figure%:*}" '{
        split(bounds, b, " ")
        if (b[1] == "" || b[2] == "")
            exit 1
        word = b[2] < 1 ? "% less " what : b[1] > 1 ? "% more " what : \
            b[1] < 1 && b[2] > 1 ? "no difference seen in " what : ""
        exit index($0, word) == 0
    }' || wrong "another verdict than '$bounds' of $figure: $(cat out)"
done
sed 's/±/+/' out | awk 'length > 80 { exit 1 }' || wrong "too wide: $(cat out)"
grep -q 'argument of forty.*\.\.\.$' out || wrong "no command: $(cat out)"
! grep -q 'blocks ran' out err || wrong 'the output is shown'
expect 0 'blocks ran' "$lazyzero" compare -n 1 --show "$blocks"
expect 0 '| liblazyzero | ' "$lazyzero" compare -n 1 --markdown "$blocks"

cp "$library" libother.so
expect 0 'libother.so' "$lazyzero" compare -n 1 --with libother.so "$blocks"
expect 0 'third  ' "$lazyzero" compare -n 1 --with third=libother.so "$blocks"

"$lazyzero" compare -n 3 --json "$blocks" >out 2>err || wrong "$(cat err)"
if command -v python3 >/dev/null; then
    python3 - out <<'PYTHON' || wrong 'the JSON is not as it should be'
import json, sys
with open(sys.argv[1]) as file:
    found = json.load(file)
first, last = found["allocators"][0], found["allocators"][-1]
assert first["name"] == "system" and first["library"] is None
assert "PSS" in found["memory"] and "RSS" in found["memory"]
assert last["name"] == "liblazyzero" and last["failed"] == 0
assert len(last["wall"]["runs"]) == 3
assert last["wall"]["median"] == sorted(last["wall"]["runs"])[1]
assert last["minor"]["median"] > 10 and last["peak"]["median"] > 1 << 20
PYTHON
fi

# A name that is not UTF-8, and one that is.
if command -v python3 >/dev/null; then
    for name in "$(printf 'na\377me')" "$(printf 'a\303\244\360\237\220\247\355\240\200')"; do
        printf '#!/bin/sh\n' >"$name"
        chmod +x "$name"
        "$lazyzero" compare -n 1 --json "./$name" >out 2>err
        python3 - out <<'PYTHON' || wrong "JSON of a name: $(cat err)"
import json, sys
with open(sys.argv[1], encoding="utf-8") as file:
    found = json.load(file)["program"][0]
assert found in ("./na\ufffdme", "./a\u00e4\U0001f427\ufffd\ufffd\ufffd"), ascii(found)
PYTHON
    done
fi

# Standard input is read anew each time.
echo 'a line' >input
"$lazyzero" compare -n 1 --show sh -c 'read -r line; echo "got $line"' \
    <input >out 2>err
[ "$(grep -c 'got a line' err)" -ge 4 ] || wrong "input: $(cat err)"

expect 1 "fails under the system's malloc: exit status 4" \
    "$lazyzero" compare -n 1 "$blocks" fail 4
expect 1 'fails under liblazyzero: exit status 3' \
    "$lazyzero" compare -n 1 "$blocks" fail-with liblazyzero

expect 0 'Medians of 1 round.' \
    "$lazyzero" compare -n 1 --ignore-status "$blocks" fail 4
expect 1 "fails under the system's malloc: signal 9" \
    "$lazyzero" compare -n 1 --ignore-status "$blocks" signal 9
expect 1 "fails under the system's malloc" "$lazyzero" compare -n 1 "$blocks" fail 4
! grep -q Medians out || wrong "medians of nothing: $(cat out)"

# So many runs: two warm-ups and three rounds, each after a preparation.
"$lazyzero" compare -n 3 --warmup 2 --prepare 'echo >>prepared; echo hi' \
    sh -c 'echo >>ran; [ "$(wc -l <ran)" -eq "$(wc -l <prepared)" ]' \
    >out 2>err || wrong "$(cat err)"
arms=$(sed -n '/^malloc/,/^$/p' out | grep -c ' %')
[ "$(wc -l <ran)" -eq $((5 * arms)) ] ||
    wrong "$(wc -l <ran) runs of $arms allocators: $(cat out)"
expect 125 '--prepare exit 3: exit status 3' \
    "$lazyzero" compare --prepare 'exit 3' "$blocks"
expect 125 '--warmup 0: expected a number' "$lazyzero" compare --warmup 0 true

# Processes that are there at once count together, what they share once.
if command -v python3 >/dev/null; then
    cat >both.py <<'PYTHON'
import os, time
shared = bytearray(b"x" * 4096) * (256 * 80)
pipes = os.pipe(), os.pipe()
child = os.fork()
own = bytearray(b"x" * 4096) * (256 * 30)
os.write(pipes[child == 0][1], b"x")  # both have theirs
os.read(pipes[child != 0][0], 1)
time.sleep(0.7)
if child:
    os.waitpid(child, 0)
PYTHON
    "$lazyzero" compare -n 1 --json python3 both.py >out 2>err ||
        wrong "$(cat err)"
    python3 - out <<'PYTHON' || wrong 'the memory of a tree is not its sum'
import json, sys
with open(sys.argv[1]) as file:
    arms = json.load(file)["allocators"]
for arm in arms:
    mib = arm["peak"]["median"] / (1 << 20)
    assert 140 <= mib <= 190, (arm["name"], mib)
PYTHON
fi

# A library without a malloc is preloaded and serves nothing.
libm=$(ldd "$lazyzero" | sed -n 's/.*=> \(.*libm\.so[^ ]*\).*/\1/p')
expect 125 'its malloc did not serve' "$lazyzero" compare -n 1 \
    --with "$libm" "$blocks"

if command -v gnuplot >/dev/null; then
    expect 0 'drew p.svg' "$lazyzero" compare -n 2 --plot p.svg "$blocks"
    grep -q liblazyzero p.svg || wrong 'an empty picture'
fi
expect 125 'name it .svg' "$lazyzero" compare --plot p.png "$blocks"
