# shellcheck shell=sh disable=SC2154,SC2016
# The figures of the program and its children; its status and signals.
row() {
    grep -Eq "^ *$1 +$2" err || wrong "no '$1 $2' in: $(cat err)"
}

expect 0 '1 process reported' "$lazyzero" stat "$blocks"
row requests_calloc '1 calls'
row bytes_not_zeroed '32.0 MiB'
row 'large requests by size: 1' 'from 32.0 MiB'
grep -q 'wall, .* page faults, .* peak RSS' err || wrong 'no times'
! grep -q 'requests_malloc' err || wrong 'what did not happen is shown'

# Sums over processes: two of three have a large block.
expect 0 'processes reported' "$lazyzero" stat sh -c "'$blocks'; '$blocks'"
row requests_calloc '2 calls'

expect 7 'requests_calloc' "$lazyzero" stat "$blocks" fail 7
expect 137 'ended without a report' "$lazyzero" stat "$blocks" signal 9
expect 126 'statically linked' "$lazyzero" stat "$programs/launcher_static"
expect 125 'which program?' "$lazyzero" stat

# A signal to us alone reaches the program.
"$lazyzero" stat "$blocks" sleep >out 2>err &
sleep 2
kill -TERM $!
wait $!
got=$?
[ $got -eq 143 ] || wrong "status $got after SIGTERM"
