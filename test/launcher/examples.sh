# shellcheck shell=sh disable=SC2154
# The examples of doc/examples work, as far as one can see here; what needs a
# system of its own is tried by scripts/check-package.
examples=$root/doc/examples
grep -q 'doc/examples' "$root/README.md" || wrong 'README.md names no examples'

# with SETTING...: the library, found by its plain name, is active.
with() {
    [ $# -gt 0 ] || { wrong 'no setting'; return; }
    expect 0 "liblazyzero: $version active" env LD_LIBRARY_PATH="${library%/*}" \
        LAZYZERO_VERBOSE=1 "$@" true
    ! grep -q -e 'cannot be preloaded' -e 'no such option' err ||
        wrong "$*: $(cat err)"
}

sed -n 's/^Environment=//p' "$examples/systemd.conf" >settings
[ "$(wc -l <settings)" -ge 1 ] || wrong "systemd.conf: $(cat settings)"
# shellcheck disable=SC2046 # one word a line
with $(cat settings)
if command -v systemd-analyze >/dev/null; then
    mkdir -p example.service.d
    cp "$examples/systemd.conf" example.service.d/liblazyzero.conf
    printf '[Service]\nExecStart=/bin/true\n' >example.service
    systemd-analyze verify "$PWD/example.service" >out 2>&1
    ! grep liblazyzero out || wrong 'systemd complains'
fi

# shellcheck disable=SC2046
with $(sed -n 's/^ENV //p' "$examples/Dockerfile")
! grep -Ev '^(#|FROM|COPY|RUN|ENV|CMD) ?' "$examples/Dockerfile" ||
    wrong 'Dockerfile: a line that is no instruction'

# One path and nothing else: glibc takes most comments for names.
named=$(cat "$examples/ld.so.preload")
case $named in
*[!a-z./]*) wrong "ld.so.preload: $named" ;;
/*/liblazyzero.so) ;;
*) wrong "ld.so.preload names $named" ;;
esac

if command -v go >/dev/null; then
    GOPATH=$PWD/gopath GOCACHE=$PWD/cache CGO_ENABLED=1 \
        go build -o cgo "$examples/cgo/main.go" >out 2>&1 ||
        wrong "cgo: $(cat out)"
    expect 0 '0 0 1' "$lazyzero" trace -o cgo.csv ./cgo
    grep -q ',calloc,fresh,.*,1073741824,' cgo.csv || wrong "cgo: $(cat err)"
    # Its cache is read-only, which the removal of the folder does not like.
    chmod -R u+w gopath cache 2>/dev/null
fi
