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
refuse 125 '--threshold many: expected a number of bytes' \
    "$lazyzero" --threshold many true
refuse 125 '--memset perhaps: expected 0 or 1' "$lazyzero" stat \
    --memset=perhaps true
refuse 125 '--hugepages often: expected auto, always' "$lazyzero" compare \
    --hugepages often true
refuse 125 '--stats ture: expected 0, 1 or the name of a file' "$lazyzero" \
    --stats ture true
# What the library would not take as it is; what is done anyway.
refuse 125 '--threshold 1K: out of range, expected at least 32768' \
    "$lazyzero" --threshold 1K true
refuse 125 '--decay-ms 4000000: out of range, expected at most 3600000' \
    "$lazyzero" --decay-ms 4000000 true
for option in '--stats s.json' --stats=1; do
    # shellcheck disable=SC2086 # two words
    refuse 125 '--stats is no option of stat: it shows' \
        "$lazyzero" stat $option true
done
refuse 125 '--trace is no option of trace: -o says' \
    "$lazyzero" trace --trace t.csv true
refuse 125 'choose one' "$lazyzero" compare --json --markdown true
refuse 125 'expected a number' "$lazyzero" compare -n 0 true
refuse 125 'expected a number' "$lazyzero" compare -n 2x true
refuse 125 'no option --plot' "$lazyzero" stat --plot x.svg true
refuse 125 'cannot read the library' "$lazyzero" --library nowhere.so true
libm=$(ldd "$lazyzero" | sed -n 's/.*=> \(.*libm\.so[^ ]*\).*/\1/p')
for command in run stat compare trace; do
    refuse 125 'is not liblazyzero' "$lazyzero" $command --library "$libm" true
done
refuse 125 'is not liblazyzero' "$lazyzero" doctor --library "$libm"
echo text >text.so
refuse 125 'no shared library' "$lazyzero" compare --with text.so true
refuse 127 'no such program in PATH' "$lazyzero" no-such-program
refuse 127 'no such file' "$lazyzero" ./no-such-program
refuse 127 'is the command doctor meant?' "$lazyzero" doctr
refuse 127 'is the command compare meant?' "$lazyzero" compair -n 2 true
! "$lazyzero" dog 2>&1 | grep -q meant || wrong 'dog is no command'
refuse 125 'is stat meant?' "$lazyzero" help stats
printf '#!/no/such/perl -w\n' >script
chmod +x script
refuse 127 './script: its interpreter /no/such/perl does not exist' \
    "$lazyzero" ./script
printf '#!/usr/bin/env no-such-python\n' >script
refuse 127 './script: its interpreter no-such-python does not exist' \
    "$lazyzero" ./script
printf '#!/bin/sh\r\necho\r\n' >script
refuse 127 'ends with a carriage return' "$lazyzero" ./script
printf '#!/usr/bin/env no-such-python\r\n' >script
refuse 127 'ends with a carriage return' "$lazyzero" stat ./script
printf '#!/usr/bin/env -S -u X sh\necho from env\n' >script
expect 0 'from env' "$lazyzero" ./script
refuse 126 'not an executable file' "$lazyzero" ./text.so
refuse 126 'not an executable file' "$lazyzero" /
cp "$blocks" unexecutable
chmod a-x unexecutable
refuse 126 'not an executable file' "$lazyzero" stat ./unexecutable
for command in run stat compare trace; do
    refuse 127 'no such program' "$lazyzero" $command no-such-program
done
[ ! -e lazyzero.csv ] || wrong 'a refused trace leaves a file'
for command in trace compare; do
    refuse 125 '--plot no/where.svg: No such file' \
        "$lazyzero" $command --plot no/where.svg true
done
refuse 125 '-o no/where.csv: No such file' \
    "$lazyzero" trace -o no/where.csv true
refuse 126 'statically linked' "$lazyzero" "$programs/launcher_static"
refuse 126 'statically linked' "$lazyzero" compare "$programs/launcher_static"
refuse 126 'a malloc of its own' "$lazyzero" "$programs/launcher_own_malloc"
refuse 126 'is linked with libtsan.so, whose malloc must come first' \
    "$lazyzero" "$programs/launcher_sanitized"
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

# What Go's linker leaves in its static programs.
echo id >id
objcopy --add-section .note.go.buildid=id "$programs/launcher_static" go 2>err ||
    wrong "objcopy: $(cat err)"
refuse 126 "Go program without cgo" "$lazyzero" ./go
if command -v go >/dev/null; then
    mkdir gopath
    printf 'package main\nfunc main() { println(1) }\n' >main.go
    CGO_ENABLED=0 GOPATH=$PWD/gopath GOCACHE=$PWD/cache \
        go build -o real-go main.go >out 2>&1 || wrong "go: $(cat out)"
    refuse 126 "Go program without cgo" "$lazyzero" ./real-go
fi

# As musl-gcc links; and so does this, where the name has room for the other.
interpreter=$(objdump -s -j .interp "$blocks" | grep -c ld-linux)
[ "$interpreter" -eq 1 ] || wrong "no interpreter in $blocks"
if [ "$(uname -m)" = x86_64 ]; then
    LC_ALL=C sed 's,/lib64/ld-linux-x86-64.so.2,/lib/ld-musl-x86_64.so.1\x00\x00\x00,' \
        "$blocks" >musl
    chmod +x musl
    refuse 126 'different C libraries' "$lazyzero" ./musl
fi
if command -v musl-gcc >/dev/null; then
    echo 'int main(void) { return 0; }' >main.c
    musl-gcc main.c -o real-musl || wrong 'musl-gcc'
    refuse 126 'different C libraries' "$lazyzero" ./real-musl
fi

# A file capability counts for those who lack it.
if [ "$(id -u)" -eq 0 ] && command -v setcap >/dev/null; then
    cp "$blocks" capable
    cp "$lazyzero" lazyzero
    cp "$library" liblazyzero.so
    chmod 755 . capable lazyzero liblazyzero.so
    if setcap cap_net_bind_service=ep capable 2>/dev/null; then
        refuse 126 'has file capabilities' \
            setpriv --reuid 65534 --clear-groups ./lazyzero ./capable
        expect 0 'blocks ran' ./lazyzero ./capable
    fi
fi

if [ "$(id -u)" -eq 0 ]; then
    cp "$blocks" privileged
    chown 65534 privileged
    chmod u+s privileged
    refuse 126 'is set-user-ID' "$lazyzero" ./privileged
    # The env of a script loses the preload for what it starts.
    mkdir bin
    cp "$(command -v env)" bin/env
    printf '#!%s/bin/env sh\necho by env\n' "$PWD" >by-env
    chmod +x by-env
    expect 0 'by env' "$lazyzero" ./by-env
    chown 65534 bin/env
    chmod u+s bin/env
    refuse 126 'bin/env is set-user-ID' "$lazyzero" ./by-env
fi
for rival in /usr/lib/*/libjemalloc.so.2; do
    [ -e "$rival" ] || continue
    LD_PRELOAD=$rival refuse 126 'whose malloc comes first' "$lazyzero" true
done

# Without /proc nothing is known of this command's place, nor of processes.
if unshare -m sh -c 'mount -t tmpfs none /proc' 2>err; then
    for command in run stat compare trace; do
        refuse 125 'is /proc mounted?' unshare -m sh -c \
            "mount -t tmpfs none /proc; exec '$lazyzero' $command true"
    done
    refuse 125 'no process can be found (is /proc mounted?)' unshare -m sh -c \
        "mount -t tmpfs none /proc; exec '$lazyzero' top --once"
fi
