# shellcheck shell=sh disable=SC2154
# Every command of README.md does what it says: each indented line of a block is
# run in a folder with the programs that it names, or stands in the list below.
cat >elsewhere <<'LIST'
LD_PRELOAD=/path/to/liblazyzero.so python3 train.py
scripts/demo     # installs what it needs, builds, and times each allocator
scripts/test     # installs what it needs, builds, and runs all tests
cmake -S . -B build && cmake --build build
cmake -S . -B build -DLAZYZERO_BENCH=OFF -DCMAKE_OSX_ARCHITECTURES="arm64;x86_64"
cmake --build build
ctest --test-dir build --output-on-failure
LIST

mkdir build
ln -s "$lazyzero" build/lazyzero
ln -s "$library" build/liblazyzero.so
ln -s "$blocks" a.out
echo 'print(len(bytearray(20 << 20)))' >script.py
echo 'console.log(Buffer.alloc(20 << 20).length)' >server.js

sed -n 's/^    \([^ ].*\)/\1/p' "$root/README.md" >commands
[ "$(wc -l <commands)" -gt 10 ] || wrong 'no commands in README.md'
while read -r line; do
    grep -qxF -e "$line" commands || wrong "not in README.md any more: $line"
done <elsewhere

while read -r line; do
    grep -qxF -e "$line" elsewhere && continue
    for program in python3 node redis-server; do
        case $line in *" $program "*)
            command -v $program >/dev/null ||
                { echo "no $program: $line" >>left-out; continue 2; } ;;
        esac
    done
    sh -c "$line" >out 2>err </dev/null
    got=$?
    # doctor: 1 is a warning about the machine.
    case $got:$line in
    0:* | 1:*doctor*) ;;
    *) wrong "status $got: $line" "$(cat out err)" ;;
    esac
    ! grep -q 'cannot be preloaded' err || wrong "not preloaded: $line"
done <commands

# What did not run is no success.
[ ! -s left-out ] || [ "$result" -ne 0 ] || { cat left-out; exit 77; }
