# shellcheck shell=sh disable=SC2154
# Programs under load: what top reads meanwhile agrees with itself, and at rest with
# what each says of itself at its end.
for program in python3 node redis-server redis-benchmark redis-cli; do
    command -v $program >/dev/null || { echo "no $program"; exit 77; }
done

cat >work.js <<'EOF'
const fs = require('fs');
fs.writeFileSync('node.pid', String(process.pid));
const timer = setInterval(() => {
  if (fs.existsSync('over')) { clearInterval(timer); return; }
  if (fs.existsSync('pause')) return;
  for (let i = 0; i < 4; i++) { const b = Buffer.alloc(12000000); b[5000000] = i; }
}, 5);
EOF
cat >work.py <<'EOF'
import os, time
open("python3.pid", "w").write(str(os.getpid()))
kept = bytearray(40 << 20)
while not os.path.exists("over"):
    if os.path.exists("pause"):
        time.sleep(0.05)
        continue
    for i in range(4):
        block = bytearray(8 << 20)
        block[i::16384] = block[i::16384]
    time.sleep(0.002)
EOF
"$lazyzero" --stats python3.json python3 work.py >log 2>&1 &
"$lazyzero" --stats node.json node work.js >>log 2>&1 &
"$lazyzero" --stats redis-server.json redis-server --port 0 \
    --unixsocket "$PWD/socket" --save '' --daemonize no >>log 2>&1 &
server=$!
trap 'touch over; kill $server 2>/dev/null; wait; rm -rf "$folder"' EXIT
for _ in $(seq 300); do
    [ -s python3.pid ] && [ -s node.pid ] && redis-cli -s socket ping >/dev/null \
        2>&1 && break
    sleep 0.1
done
redis-cli -s socket info server | sed -n 's/^process_id:\([0-9]*\).*/\1/p' \
    >redis-server.pid
redis-benchmark -s socket -t set -d 6000000 -n 1000000 -r 4 -c 4 -q >/dev/null 2>&1 &
load=$!

"$lazyzero" top --once --interval 0.1 "$(cat python3.pid)" >out 2>err
if grep -q 'may not be read' err; then
    kill $load
    cat err
    exit 77
fi

# Under load: one by its number, and all of them, five looks each.
for name in python3 node redis-server ''; do
    pid=
    [ -z "$name" ] || pid=$(cat "$name.pid")
    # shellcheck disable=SC2086 # a number, or nothing
    "$lazyzero" top --json --interval 0.4 $pid >"${name:-all}.looks" 2>err &
    watcher=$!
    for _ in $(seq 300); do
        [ "$(wc -l <"${name:-all}.looks")" -ge 5 ] && break
        sleep 0.1
    done
    kill $watcher
    wait $watcher
done
kill $load
touch pause
wait $load
# At rest: two looks that are the same.
for name in python3 node redis-server; do
    for _ in $(seq 100); do
        "$lazyzero" top --once --json --interval 0.3 "$(cat $name.pid)" >$name.rest
        python3 - $name.rest <<'EOF' && break
import json, sys
one = json.load(open(sys.argv[1]))["processes"][0]
sys.exit(any(one["per_second"].values()))
EOF
    done
done
touch over
redis-cli -s socket shutdown nosave >/dev/null 2>&1
for _ in $(seq 300); do
    [ -s python3.json ] && [ -s node.json ] && [ -s redis-server.json ] && break
    sleep 0.1
done

cat >check.py <<'EOF'
import json, sys

def looks(path):
    return [json.loads(line) for line in open(path) if line.endswith("}\n")]

everyone = looks("all.looks")
for name in "python3", "node", "redis-server":
    pid = int(open(name + ".pid").read())
    own = looks(name + ".looks")
    alike = [{"time": look["time"], "processes": [one]} for look in everyone
             for one in look["processes"] if one["pid"] == pid]
    for series in own, alike:
        assert len(series) >= 5, (name, series)
        for before, after in zip(series, series[1:]):
            old, new = before["processes"][0], after["processes"][0]
            for key, rate in new["per_second"].items():
                grown = new[key] - old[key]
                assert grown >= 0 and (rate > 0) == (grown > 0), (name, key)
            assert new["live_bytes"] <= new["live_bytes_peak"], new
            assert new["regions_freed"] <= new["regions_allocated"], new
        first, last = series[0]["processes"][0], series[-1]["processes"][0]
        for key in "regions_allocated", "regions_reused", "bytes_allocated":
            assert last[key] > first[key], (name, key, "no load")
    end = json.load(open(name + ".json"))
    rest = json.load(open(name + ".rest"))["processes"][0]
    assert rest["program"] == end["program"] and rest["pid"] == end["pid"]
    # What an exit frees, and what it then keeps or gives back.
    atexit = {"regions_freed", "regions_released", "regions_let_go",
              "live_bytes", "retained_bytes", "retained_bytes_peak"}
    for key in set(rest) & set(end) - atexit:
        assert rest[key] == end[key], (name, key, rest[key], end[key])
    assert rest["regions_freed"] <= end["regions_freed"], name
EOF
python3 check.py || wrong "$(cat log ./*.rest)"
