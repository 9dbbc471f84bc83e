# shellcheck shell=sh disable=SC2154,SC2016
# What the program prints, and its exit status, is compared with the system's malloc.
# prints FIRST SCRIPT: a program that prints two lines, and under the library FIRST.
cat >prints <<'SCRIPT'
#!/bin/sh
echo one
case $LD_PRELOAD in
*liblazyzero*) echo "$1" ;;
*) echo two ;;
esac
exit "${2-0}"
SCRIPT
chmod +x prints

expect 0 'Output and exit status were the same in all runs' \
    "$lazyzero" compare -n 1 ./prints two
[ ! -s err ] || wrong "says: $(cat err)"
expect 1 "under liblazyzero differs from that under the system's malloc in 3 of 3 runs: first in line 2" \
    "$lazyzero" compare -n 2 ./prints three
[ "$(grep -c differs err)" -eq 1 ] || wrong "not said once: $(cat err)"
grep -q 'not the same under each' out || wrong "not in the table: $(cat out)"
# Longer or shorter is different, too.
expect 1 'first in line 2' "$lazyzero" compare -n 1 ./prints 'two and more'
expect 1 'first in line 2' "$lazyzero" compare -n 1 ./prints ''
expect 1 'not the same under each' "$lazyzero" compare -n 1 --markdown ./prints 3
# Nobody looks.
expect 0 'Medians of 1 round' "$lazyzero" compare -n 1 --ignore-output ./prints 3
! grep -q 'utput' out err || wrong "compared: $(cat out err)"
expect 0 'three' "$lazyzero" compare -n 1 --show ./prints three
! grep -q 'Output\|differs' out err || wrong "compared: $(cat out err)"
# Standard error is not compared.
expect 0 'were the same in all runs' "$lazyzero" compare -n 1 \
    sh -c './prints "$RANDOM" >&2; ./prints "$$" >&2'

# A program that differs by itself says nothing of allocators.
expect 0 "differs from run to run under the system's malloc itself" \
    "$lazyzero" compare -n 1 sh -c './prints three; echo $$'
[ "$(grep -c differs err)" -eq 1 ] || wrong "not said once: $(cat err)"
grep -q 'differs from run to run by itself' out || wrong "$(cat out)"

expect 0 'were the same in all runs' \
    "$lazyzero" compare -n 1 --ignore-status ./prints two 4
cat >ends <<'SCRIPT'
#!/bin/sh
case $LD_PRELOAD in *liblazyzero*) exit 3 ;; esac
exit 4
SCRIPT
chmod +x ends
expect 1 'in 2 of 2 runs: exit status 3, not 4' \
    "$lazyzero" compare -n 1 --ignore-status ./ends

# What a run leaves behind goes on, and what it prints later is in no other output.
expect 0 'were the same in all runs' "$lazyzero" compare -n 1 sh -c 'echo ran >>ran
    (while [ ! -e go ]; do sleep 0.1; done; echo late; sh -c "echo left >>left") &
    echo hi'
: >>left
: >go
for _ in $(seq 300); do
    [ "$(wc -l <ran)" -ne "$(wc -l <left)" ] || break
    sleep 0.1
done
[ "$(wc -l <ran)" -eq "$(wc -l <left)" ] ||
    wrong "$(wc -l <left) of $(wc -l <ran) went on"

command -v python3 >/dev/null || exit "$((result ? 1 : 77))"
# outputs EXPECTED DIFFERENT COMMAND...: by the JSON, of the last allocator's 3 runs.
outputs() {
    words=$1 different=$2
    shift 2
    "$lazyzero" compare -n 2 --json "$@" >out 2>err
    python3 - out "$words" "$different" <<'PYTHON' || wrong "$* $(cat err)"
import json, sys
with open(sys.argv[1]) as file:
    found = json.load(file)
last = found["allocators"][-1]
assert found["outputs"] == sys.argv[2], found["outputs"]
assert last["outputs_different"] == int(sys.argv[3]), last
assert last["outputs_compared"] == (0 if sys.argv[2] == "not compared" else 3)
PYTHON
}
outputs same 0 ./prints two
outputs different 3 ./prints three
outputs 'different from run to run' 3 sh -c 'echo $$'
outputs 'not compared' 0 --ignore-output ./prints three
