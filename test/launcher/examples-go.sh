# shellcheck shell=sh disable=SC2154
# The example of cgo: the library serves what it has from C.
command -v go >/dev/null || { echo "no go"; exit 77; }
examples=$root/doc/examples
GOPATH=$PWD/gopath GOCACHE=$PWD/cache CGO_ENABLED=1 \
    go build -o cgo "$examples/cgo/main.go" >out 2>&1 ||
    wrong "cgo: $(cat out)"
expect 0 '0 0 1' "$lazyzero" trace -o cgo.csv ./cgo
grep -q ',calloc,fresh,.*,1073741824,' cgo.csv || wrong "cgo: $(cat err)"
# Its cache is read-only, which the removal of the folder does not like.
chmod -R u+w gopath cache 2>/dev/null
