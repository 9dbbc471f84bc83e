# shellcheck shell=sh disable=SC2154
# What cannot be written is an error, and pipes and devices are written to.
if [ -w /dev/full ]; then
    full() {
        "$@" >/dev/full 2>err
        got=$?
        [ $got -eq 125 ] || wrong "status $got with a full device: $*"
        grep -q 'cannot write to standard output: No space left' err ||
            wrong "not said: $* $(cat err)"
    }
    full "$lazyzero" --version
    full "$lazyzero" help
    full "$lazyzero" doctor
    full "$lazyzero" compare -n 1 true
    full "$lazyzero" compare -n 1 --json true
    expect 125 '-o /dev/full: No space left' \
        "$lazyzero" trace -o /dev/full "$blocks"
fi
# Closed: nobody wants it, and the program's status is told.
"$lazyzero" stat "$blocks" fail 3 >&- 2>err
got=$?
[ $got -eq 3 ] || wrong "status $got with a closed output: $(cat err)"

# Standard output, by three names, as a pipe and as a file.
for name in - /dev/stdout /dev/fd/1; do
    "$lazyzero" trace -o $name true 2>err | cat >piped
    [ "$(wc -l <piped)" -eq 1 ] || wrong "-o $name: $(cat piped err)"
    "$lazyzero" trace -o $name "$blocks" 2>err | cat >piped
    [ "$(grep -c ',calloc,\|,free,' piped)" -eq 2 ] ||
        wrong "-o $name: $(cat piped err)"
    "$lazyzero" trace -o $name "$blocks" >file 2>err
    [ "$(grep -c ',calloc,\|,free,\|^blocks ran' file)" -eq 3 ] ||
        wrong "-o $name >file: $(cat file err)"
done
grep -q 'in /dev/fd/1' err || wrong "no summary: $(cat err)"
[ ! -e ./- ] || wrong "- is the name of a file"
"$lazyzero" trace -o ./- "$blocks" >out 2>err
[ -s ./- ] || wrong "./- is not the name of a file"

# A pipe with a name, whose reader sees an end; and a device.
mkfifo pipe
cat pipe >taken &
timeout 60 "$lazyzero" trace -o pipe "$blocks" >out 2>err || wrong "$(cat err)"
wait $!
grep -q ',calloc,' taken || wrong "from the pipe: $(cat taken err)"
expect 0 'large calls' timeout 60 "$lazyzero" trace -o /dev/null "$blocks"
expect 0 'large calls' timeout 60 "$lazyzero" trace -o /dev/zero "$blocks"

# A pipe that nobody opens, or nobody reads, is left by a signal.
timeout -k 9 2 "$lazyzero" trace -o pipe "$blocks" >out 2>err
got=$?
[ $got -eq 124 ] || wrong "status $got: SIGTERM does not end it"
cat >many.sh <<'SCRIPT'
i=0
while [ $i -lt 800 ]; do "$1"; i=$((i + 1)); done
SCRIPT
exec 3<>pipe
timeout -k 9 30 "$lazyzero" trace -o pipe sh many.sh "$blocks" >out 2>err &
for _ in $(seq 300); do
    grep -q 'large calls' err && break
    sleep 0.1
done
grep -q '1600 large calls' err || wrong "$(cat err)"
kill -TERM $!
wait $!
got=$?
exec 3<&-
[ $got -eq 143 ] || wrong "status $got: a pipe that is full hinders SIGTERM"
