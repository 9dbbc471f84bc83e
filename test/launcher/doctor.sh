# shellcheck shell=sh disable=SC2154
# Verdicts, and the exit status that follows from them.
"$lazyzero" doctor >out 2>err
got=$?
words=$(awk '{ print $1 }' out | sort -u | tr '\n' ' ')
case $got:$words in
0:*FAIL* | 0:*warn* | 2:*) wrong "status $got: $(cat out err)" ;;
0:*ok* | 1:*warn*) ;;
*) wrong "status $got: $(cat out err)" ;;
esac
# The same as JSON.
"$lazyzero" doctor --json >out 2>err
[ $? -eq $got ] || wrong 'another status with --json'
if command -v python3 >/dev/null; then
    python3 - out $got <<'PYTHON' || wrong "JSON: $(cat out)"
import json, sys
with open(sys.argv[1]) as file:
    found = json.load(file)
verdicts = ["ok", "warn", "fail"]
assert found["verdict"] == verdicts[int(sys.argv[2])], found["verdict"]
assert {check["verdict"] for check in found["checks"]} <= set(verdicts)
names = [check["name"] for check in found["checks"]]
assert names[0] == "kernel" and "library" in names, names
assert all(check["text"] for check in found["checks"])
PYTHON
fi

"$lazyzero" doctor >out 2>err
for name in kernel 'page table' 'huge pages' hugetlb prefault numa overcommit max_map_count memory \
    swap 'address space' library; do
    grep -q "^[a-zA-Z]* *$name " out || wrong "no word on $name"
done
# A long path is on a line of its own.
tr -s ' \n' ' ' <out | grep -qF "$library, version" ||
    wrong 'the library was not tried'

expect 1 'warn  address space' sh -c "ulimit -v 8000000; '$lazyzero' doctor"
grep -q 'It works, but' out || wrong "$(cat out)"

# The auditor need not exist for the verdict.
GLIBC_TUNABLES='' LD_AUDIT=none.so "$lazyzero" doctor >out 2>err
grep -q 'warn  LD_AUDIT' out || wrong "no word on LD_AUDIT: $(cat out)"
GLIBC_TUNABLES=glibc.rtld.optional_static_tls=4096 LD_AUDIT=none.so \
    "$lazyzero" doctor >out 2>err
grep -q 'ok  *LD_AUDIT' out || wrong "LD_AUDIT with room: $(cat out)"

# Found, and not loadable; not found.
mkdir -p alone
cp "$lazyzero" alone/
expect 2 'FAIL  library' alone/lazyzero doctor
head -c 4096 "$library" >alone/liblazyzero.so
expect 2 'was not loaded' alone/lazyzero doctor
rm alone/liblazyzero.so
expect 125 'takes no argument' "$lazyzero" doctor now
