#!/bin/sh
# SPDX-License-Identifier: MIT
# redis.sh REQUESTS: a server of the allocator under test in the current folder,
# driven by redis-benchmark without it. Prints the requests a second.
set -eu
preload=${LD_PRELOAD-}
unset LD_PRELOAD
# Debian's server is linked with jemalloc: libc's malloc comes before it only
# where libc is preloaded, too.
libc=$(ldd "$(command -v redis-server)" |
    sed -n 's/.*libc\.so\.6 => \([^ ]*\).*/\1/p')
LD_PRELOAD=${preload:-$libc} redis-server --port 0 --unixsocket "$PWD/s" --save '' \
    --daemonize no >log 2>&1 &
server=$!
trap 'kill $server; wait $server || true' EXIT
tries=0
while ! redis-cli -s s ping >/dev/null 2>&1; do
    tries=$((tries + 1))
    [ $tries -lt 200 ] || { cat log >&2; exit 1; }
    sleep 0.02
done
[ -z "$preload" ] || grep -qF "${preload##*/}" /proc/$server/maps
redis-benchmark -s s -q -n "$1" -d 200 -P 16 -t set,get --csv >result
awk -F'"' '$2 == "SET" { set = $4 } $2 == "GET" { get = $4 }
    END { if (!set) exit 1
          printf "{\"set\": %s, \"get\": %s}\n", set, get }' result
