# shellcheck shell=sh disable=SC2154
# What cannot be run says so in one line, with what to do.
refuse() {
    expect "$@"
    [ "$(wc -l <err)" -eq 1 ] || wrong "more than a line: $(cat err)"
}

refuse 125 'which program?' "$lazyzero"
refuse 125 'which program?' "$lazyzero" compare -n 2
refuse 125 'no option --treshold' "$lazyzero" --treshold 1M true
refuse 125 '--threshold needs a value' "$lazyzero" --threshold
refuse 125 'expected a number' "$lazyzero" compare -n none true
refuse 125 'cannot read the library' "$lazyzero" --library nowhere.so true
echo text >text.so
refuse 125 'no shared library' "$lazyzero" compare --with text.so true
refuse 127 'no such program in PATH' "$lazyzero" no-such-program
refuse 127 'no such file' "$lazyzero" ./no-such-program
refuse 126 'not an executable file' "$lazyzero" ./text.so
refuse 126 'statically linked' "$lazyzero" "$programs/launcher_static"
refuse 126 'statically linked' "$lazyzero" compare "$programs/launcher_static"
refuse 126 'a malloc of its own' "$lazyzero" "$programs/launcher_own_malloc"
expect 0 'runs without liblazyzero' "$lazyzero" --force \
    "$programs/launcher_static"

# The first byte of e_machine made another machine's; its class a 32-bit one.
cp "$blocks" other
printf '\267' | dd of=other bs=1 seek=18 conv=notrunc 2>dd.log
refuse 126 'is for aarch64' "$lazyzero" ./other
cp "$blocks" narrow
printf '\001' | dd of=narrow bs=1 seek=4 conv=notrunc 2>dd.log
printf '\003' | dd of=narrow bs=1 seek=18 conv=notrunc 2>dd.log
refuse 126 'is for i386' "$lazyzero" ./narrow

if [ "$(id -u)" -eq 0 ]; then
    cp "$blocks" privileged
    chown 65534 privileged
    chmod u+s privileged
    refuse 126 'is set-user-ID' "$lazyzero" ./privileged
fi
for rival in /usr/lib/*/libjemalloc.so.2; do
    [ -e "$rival" ] || continue
    LD_PRELOAD=$rival refuse 126 'whose malloc comes first' "$lazyzero" true
done
