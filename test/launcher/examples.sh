# shellcheck shell=sh disable=SC2154
# The examples of doc/examples work, as far as one can see here; what needs a
# system of its own is tried by scripts/check-package, what needs systemd or Go by
# the tests examples-systemd and examples-go.
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
