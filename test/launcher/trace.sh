# shellcheck shell=sh disable=SC2154
# The calls of the program as CSV, and a picture of them.
expect 0 '2 large calls' "$lazyzero" trace -o calls.csv "$blocks"
grep -q 'at most 32.0 MiB in use' err || wrong "not 32 MiB: $(cat err)"
grep -q ',calloc,fresh,0x[0-9a-f]*,,33554432,' calls.csv ||
    wrong "no calloc: $(cat calls.csv)"
grep -q ',free,' calls.csv || wrong "no free: $(cat calls.csv)"
head -n 1 calls.csv | grep -q '^time_ns,' || wrong 'no header'

# What was there is lost, and the default name.
expect 0 '2 large calls' "$lazyzero" trace -o calls.csv "$blocks"
expect 7 'lazyzero.csv' "$lazyzero" trace "$blocks" fail 7
[ -s lazyzero.csv ] || wrong 'no lazyzero.csv'
expect 137 '2 large calls' "$lazyzero" trace "$blocks" signal 9

expect 125 '-o /no/such/folder/x' "$lazyzero" trace -o /no/such/folder/x true
expect 125 'which program?' "$lazyzero" trace -o x
expect 126 'statically linked' "$lazyzero" trace "$programs/launcher_static"
if command -v gnuplot >/dev/null; then
    expect 0 'drew p.svg' "$lazyzero" trace --plot p.svg "$blocks"
    for curve in 'asked for in large blocks' 'touched of these' 'the whole program'; do
        grep -q "$curve" p.svg || wrong "the picture has no '$curve'"
    done
fi
