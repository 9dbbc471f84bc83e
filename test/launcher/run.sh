# shellcheck shell=sh disable=SC2154,SC2016
# Options reach the library, the program's status and signals come back.
active="liblazyzero: $version active: threshold=10M memset=0"

expect 0 "$active" "$lazyzero" --threshold 10M --no-memset --verbose "$blocks"
expect 0 "$active" "$lazyzero" run --threshold=10M --memset=0 --verbose -- \
    "$blocks"
expect 0 'decay_ms=500 cpu_cache=8M join=1 background=1' "$lazyzero" --decay-ms 500 --background \
    --verbose "$blocks"
expect 7 'blocks ran' "$lazyzero" "$blocks" fail 7
expect 143 '' "$lazyzero" "$blocks" signal 15
expect 0 "$library" "$lazyzero" sh -c 'echo "$LD_PRELOAD"'

# Behind what is there, and not twice.
for name in libm.so.6 "$library"; do
    LD_PRELOAD=$name "$lazyzero" sh -c 'echo "$LD_PRELOAD"' >out 2>&1
    want=$library
    [ "$name" = "$library" ] || want=$name:$library
    [ "$(cat out)" = "$want" ] || wrong "preloads $(cat out), not $want"
done

# A script, by its interpreter; a program with the name of a command.
printf '#!/usr/bin/env sh\nexit 5\n' >script
chmod +x script
expect 5 'active' "$lazyzero" --verbose ./script
printf '#!/bin/sh\necho mine\n' >doctor
chmod +x doctor
PATH=$PWD:$PATH expect 0 mine "$lazyzero" run doctor
PATH=$PWD:$PATH expect 0 mine "$lazyzero" -- doctor

# Another place: installed.
mkdir -p usr/bin usr/lib
cp "$lazyzero" usr/bin/lazyzero
cp "$library" usr/lib/liblazyzero.so
expect 0 "$PWD/usr/lib/liblazyzero.so" usr/bin/lazyzero sh -c \
    'echo "$LD_PRELOAD"'
rm usr/lib/liblazyzero.so
expect 125 'name it with --library FILE' usr/bin/lazyzero true
expect 0 active usr/bin/lazyzero --library "$library" --verbose true

# The help: on a screen, and every option of the library's list.
"$lazyzero" --help >out
[ "$(wc -l <out)" -le 24 ] || wrong "--help: $(wc -l <out) lines"
awk 'length > 80 { exit 1 }' out || wrong '--help: lines of over 80 columns'
"$lazyzero" run --help >out
sed -n 's/^LZ_OPTION([a-z]*, \([a-z_]*\),.*/\1/p' "$root/src/control/options.def" |
    tr _ - >names
[ -s names ] || wrong 'no options listed'
while read -r name; do
    grep -q -e "^  --$name " -e "^  --\\[no-\\]$name " out ||
        wrong "run --help has no $name"
done <names
expect 0 "lazyzero $version" "$lazyzero" --version
