# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# needs: redis-server redis-cli redis-benchmark

# A redis that is linked to libjemalloc calls jemalloc's own functions beside
# malloc: their blocks must come from the library as well.
socket=socket

cli() {
    run redis-cli -s "$socket" "$@"
}

start() {
    run redis-server --port 0 --unixsocket "$socket" --dir "$PWD" --save '' \
        --enable-debug-command yes --logfile "$PWD/log" --databases 4 &
    server=$!
    for _ in $(seq 100); do
        redis-cli -s "$socket" ping >/dev/null 2>&1 && return
        sleep 0.1
    done
    echo "redis-server does not answer:" && cat log && exit 1
}

stop() {
    cli shutdown "$@"
    wait "$server"
}

# wait_for FIELD VALUE: until INFO persistence says so
wait_for() {
    for _ in $(seq 100); do
        redis-cli -s "$socket" info persistence | grep -q "^$1:$2" && return
        sleep 0.1
    done
    echo "$1 never was $2" && exit 1
}

trap 'redis-cli -s "$socket" shutdown nosave >/dev/null 2>&1 || :' EXIT
start
run redis-benchmark -s "$socket" -q -n 10000 -c 20 -P 4 -d 500 \
    -t set,get,incr,lpush,rpop,sadd,hset,zadd,lrange_100 |
    tr '\r' '\n' | sed -n 's/: [0-9.]* requests.*//p'

seq 1400000 | head -c 10000000 >large
cli -x set big <large
cli get big | head -c 10000000 | cmp - large
cli append big "$(seq 1000)"
cli setrange sparse 20000000 end
cli getrange sparse 0 100000 | tr -d '\000' | cksum
cli bitcount sparse
cli strlen sparse
for i in $(seq 5); do
    cli -x set "copy$i" <large
    cli del "copy$((i - 1))"
done
cli eval 'for i = 1, 50000 do redis.call("hset", "hash", i, i * i) end
    return redis.call("hget", "hash", 222)' 0
cli eval 'return #string.rep("0123456789", 2000000)' 0

# Sizes vary by allocator; that they make sense does not.
usage=$(cli memory usage big)
[ "$usage" -ge 10000000 ] && [ "$usage" -lt 20000000 ] && echo "usage is right"
cli memory purge
cli memory doctor >answer && test -s answer
cli memory malloc-stats | grep -c '^Allocated: ' || :
cli memory stats | grep -c allocator
cli config set activedefrag yes
cli flushall async >/dev/null && cli -x set big <large
cli eval 'for i = 1, 20000 do redis.call("set", "key" .. i, i) end' 0
cli eval 'for i = 1, 20000, 2 do redis.call("del", "key" .. i) end' 0
cli config set activedefrag no

digest=$(cli debug digest)
echo "$digest"
cli bgsave
cli setrange big 5000000 written-during-the-save
cli setrange big 5000000 "$(tail -c +5000001 large | head -c 23)"
wait_for rdb_bgsave_in_progress 0
wait_for rdb_last_bgsave_status ok
cli debug reload
[ "$(cli debug digest)" = "$digest" ] && echo "same after a reload"
cli config set appendonly yes
wait_for aof_rewrite_in_progress 0
wait_for aof_last_bgrewrite_status ok
cli config set appendonly no
stop save

start
[ "$(cli debug digest)" = "$digest" ] && echo "same after a restart"
cli dbsize
stop nosave
