# shellcheck shell=sh disable=SC2154
# The completion of each shell knows the commands, the options and their words.
command -v bash >/dev/null || exit 77
made=${lazyzero%/*}/share

# completes WORDS... : what bash offers for the last of them, one a line.
completes() {
    # shellcheck disable=SC2016 # bash's
    bash -c '
        . "$1"
        shift
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
        _lazyzero "$1" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"
        printf "%s\n" "${COMPREPLY[@]}"' bash \
        "$made/bash-completion/completions/lazyzero" "$@" >out 2>err
    [ ! -s err ] || wrong "bash says: $(cat err)"
}

# offers TEXT, offers_not TEXT: after completes.
offers() {
    grep -qxF -e "$1" out || wrong "does not offer '$1': $(tr '\n' ' ' <out)"
}
offers_not() {
    ! grep -qxF -e "$1" out || wrong "offers '$1'"
}

completes lazyzero doc
offers doctor
completes lazyzero compare --m
offers --memset
offers --markdown
completes lazyzero stat --m
offers --memset
offers_not --markdown
completes lazyzero --no-m
offers --no-memset
completes lazyzero trace --oracle s
offers scan
offers_not auto
completes lazyzero --hugepages ''
offers always
completes lazyzero trace -o tr
offers_not trap
completes lazyzero compare --ignore
offers --ignore-status
completes lazyzero top --
offers --interval
offers --help
offers_not --library
offers_not --memset
offers_not --force
completes lazyzero top --sort l
offers live
completes lazyzero top ''
offers_not true
completes lazyzero stat --j
offers --json
completes lazyzero doctor --f
offers_not --force
# Each option of the lists, and the list of options of each command.
completes lazyzero run --
cp out all
"$lazyzero" run --help | grep -o -e '--[a-z-]*' | sort -u >named
[ "$(wc -l <named)" -gt 10 ] || wrong 'run --help names no options'
while read -r option; do
    [ "$option" = -- ] || grep -qxF -e "$option" all || wrong "no $option"
done <named

# zsh and fish read their files, and fish offers the same.
if command -v zsh >/dev/null; then
    zsh -n "$made/zsh/site-functions/_lazyzero" 2>err || wrong "zsh: $(cat err)"
fi
if command -v fish >/dev/null; then
    export HOME="$PWD" XDG_DATA_DIRS="$made:/usr/share"
    ask() {
        PATH=${lazyzero%/*}:$PATH fish --no-config -c \
            "source $made/fish/vendor_completions.d/lazyzero.fish
            complete -C '$1'" 2>err | cut -f 1 >out
        [ ! -s err ] || wrong "fish says: $(cat err)"
    }
    ask 'lazyzero doc'
    offers doctor
    ask 'lazyzero compare --m'
    offers --markdown
    ask 'lazyzero stat --m'
    offers --memset
    offers_not --markdown
    ask 'lazyzero top --'
    offers --interval
    offers_not --memset
    offers_not --library
    ask 'lazyzero --oracle s'
    offers scan
fi

# The help explains each command, with an example, and knows no other.
for command in run stat compare trace learn top doctor; do
    expect 0 Example "$lazyzero" help $command
    cp out first
    expect 0 Example "$lazyzero" $command --help
    cmp -s out first || wrong "help $command is not $command --help"
    awk 'length > 80 { exit 1 }' out || wrong "$command --help: too wide"
done
expect 0 Commands: "$lazyzero" help
expect 125 'no command doctr: is doctor meant?' "$lazyzero" help doctr
expect 0 Example "$lazyzero" stat -h
expect 0 "lazyzero $version" "$lazyzero" -V
