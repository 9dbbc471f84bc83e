# shellcheck shell=sh disable=SC2154,SC2016
# Ctrl-C at a terminal: the program ends, what was seen is shown, the status is
# 130, and no process and no file is left.
command -v python3 >/dev/null || { echo 'no python3'; exit 77; }
mkdir tmp
export TMPDIR="$PWD/tmp"
press=${scenario%/*}/press

# A large block, then a program that waits; it tells its process.
cat >wait.sh <<SCRIPT
'$blocks'
echo \$\$ >pid
exec sleep 60
SCRIPT
# One that ends in its own way, and so can report.
cat >catch.py <<'PROGRAM'
import os, sys, time
len(bytearray(32 << 20))
try:
    open("pid", "w").write(str(os.getpid()))
    time.sleep(60)
except KeyboardInterrupt:
    sys.exit(5)
PROGRAM

# pressed STATUS WORDS COMMAND...
pressed() {
    status=$1 words=$2
    shift 2
    rm -f pid
    "$press" pid "$@" >out
    got=$?
    [ $got -eq "$status" ] || wrong "status $got, expected $status: $*" \
        "$(cat out)"
    grep -qF -e "$words" out || wrong "no '$words' from: $*" "$(cat out)"
    ! kill -0 "$(cat pid)" 2>/dev/null || wrong "the program lives: $*"
    [ -z "$(ls -A tmp)" ] || wrong "left in the temporary folder: $(ls -R tmp)"
}

pressed 130 '' "$lazyzero" sh wait.sh

# Both counted, though the shell was killed.
pressed 130 'sh, 2 processes; signal 2' "$lazyzero" stat sh wait.sh
grep -Eq 'requests_calloc +1 calls' out || wrong "no figures: $(cat out)"
grep -q 'peak RSS' out || wrong "no times: $(cat out)"
pressed 130 'sh, 1 process; signal 2' \
    "$lazyzero" stat sh -c 'echo $$ >pid; exec sleep 60'
pressed 5 'python3, 1 process; exit status 5' "$lazyzero" stat python3 catch.py
grep -Eq 'bytes_allocated +32.0 MiB' out || wrong "no figures: $(cat out)"

pressed 130 '2 large calls' "$lazyzero" trace -o calls.csv sh wait.sh
[ "$(wc -l <calls.csv)" -eq 3 ] || wrong "calls.csv: $(cat calls.csv)"
pressed 5 'large calls' "$lazyzero" trace -o calls.csv python3 catch.py
if command -v gnuplot >/dev/null; then
    pressed 130 'drew calls.svg' \
        "$lazyzero" trace -o calls.csv --plot calls.svg sh wait.sh
    grep -q '</svg>' calls.svg || wrong 'no picture'
fi

# In the warm-up there is no figure yet, but the table says so.
pressed 130 'interrupted after 0 of 3 rounds' \
    "$lazyzero" compare -n 3 --plot none.svg sh wait.sh
grep -q '^system .*not measured' out || wrong "no table: $(cat out)"
[ ! -e none.svg ] || wrong 'an empty picture is left'
