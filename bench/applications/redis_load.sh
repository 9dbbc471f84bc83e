#!/bin/sh
# SPDX-License-Identifier: MIT
# redis_load.sh COMMANDS: a server of the allocator under test in the current
# folder loads the file of commands. Prints the digest of the data.
set -eu
preload=${LD_PRELOAD-}
unset LD_PRELOAD
# Debian's server is linked with jemalloc: libc's malloc comes before it only
# where libc is preloaded, too.
libc=$(ldd "$(command -v redis-server)" |
    sed -n 's/.*libc\.so\.6 => \([^ ]*\).*/\1/p')
LD_PRELOAD=${preload:-$libc} redis-server --port 0 --unixsocket "$PWD/s" \
    --save '' --hz 1 --enable-debug-command yes --daemonize no >/dev/null 2>&1 &
server=$!
trap 'kill $server; wait $server || true; rm -f s' EXIT
tries=0
while ! redis-cli -s s ping >/dev/null 2>&1; do
    tries=$((tries + 1))
    [ $tries -lt 200 ] || exit 1
    sleep 0.02
done
redis-cli -s s --pipe <"$1" >/dev/null
redis-cli -s s debug digest
