# SPDX-License-Identifier: MIT
# awk -v shell=bash|zsh|fish -f completion.awk options.h options.def commands.def:
# the completion of `lazyzero` for that shell, from the lists that the library
# and the command are made of.

# "a" "b" -> ab; #name stays. Splits the arguments of a macro into `field`.
function parse(text,    i, c, quoted, count) {
    sub(/^[^(]*\(/, "", text)
    sub(/\)$/, "", text)
    split("", field)
    count = 1
    for (i = 1; i <= length(text); i++) {
        c = substr(text, i, 1)
        if (c == "\"")
            quoted = !quoted
        else if (c == "," && !quoted)
            count++
        else if (quoted || c !~ /[[:space:]]/)
            field[count] = field[count] c
    }
    return count
}

# One option: of all commands that run a program ("*"), or of one.
function option(command, letter, name, value, help) {
    # "[NAME=]LIB.so" is a file too.
    if (value ~ /\.so$/)
        value = "FILE"
    options++
    of[options] = command
    letters[options] = letter
    names[options] = name
    values[options] = value
    helps[options] = help
}

function add_library_option(kind, name, help) {
    gsub(/_/, "-", name)
    if (kind == "flag" || kind == "background") {
        option("*", "", "--" name, "", help)
        option("*", "", "--no-" name, "", "Turn this off: " help)
        return
    }
    option("*", "", "--" name, kind in words ? words[kind] : \
        kind == "output" || kind == "file" ? "FILE" : "N", help)
}

# A definition of several lines is one.
FILENAME ~ /options\.h$/ && /\\$/ {
    sub(/[[:space:]]*\\$/, "")
    start = start $0 " "
    next
}
FILENAME ~ /options\.h$/ { $0 = start $0; start = "" }
FILENAME ~ /options\.h$/ && /^#define LZ_[A-Z]+_WORDS / {
    kind = tolower($2)
    sub(/^lz_/, "", kind)
    sub(/_words$/, "", kind)
    text = $0
    sub(/^#define [A-Z_]* /, "", text)
    gsub(/[",]/, "", text)
    # hugetlb:2M says more of hugetlb, and shells take a colon for another thing.
    gsub(/ [a-z]+:[^ ]*/, "", text)
    gsub(/^ +| +$/, "", text)
    gsub(/ +/, " ", text)
    words[kind] = text
}
/^LZ_[A-Z_]+\(/ { inside = 1; macro = "" }
inside { macro = macro " " $0 }
inside && /\)$/ {
    inside = 0
    parse(macro)
    if (macro ~ /^ LZ_OPTION\(/)
        add_library_option(field[1], field[2], field[6])
    else if (macro ~ /^ LZ_COMMAND\(/) {
        commands = commands (commands == "" ? "" : " ") field[1]
        summaries[field[1]] = field[2]
    } else if (macro ~ /^ LZ_COMMAND_OPTION\(/) {
        gsub(/_/, "-", field[3])
        option(field[1], field[2], "--" field[3], field[4], field[5])
    }
}

# Two commands look at what is there, and one of them not at the library's file.
function runs_program(command) {
    return command != "doctor" && command != "top"
}

function has_library(command) {
    return command != "top"
}

# Names and letters of the options of a command, "" for those of all.
function names_of(command,    i, list) {
    for (i = 1; i <= options; i++) {
        if (of[i] != command)
            continue
        list = list (letters[i] == "" ? "" : letters[i] " ") names[i] " "
    }
    sub(/ $/, "", list)
    return list
}

# What a case of a shell has for an option: "-o|--output".
function pattern(i) {
    return (letters[i] == "" ? "" : letters[i] "|") names[i]
}

function quoted(text) {
    gsub(/'/, "'\\''", text)
    return "'" text "'"
}

function bash(    i, count, list) {
    print "# bash completion of lazyzero. Made from the lists of its options."
    print "_lazyzero()"
    print "{"
    print "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}"
    print "    local command=run at=1 i"
    print "    case ${COMP_WORDS[1]-} in"
    gsub(/ /, "|", commands)
    print "    " commands ") command=${COMP_WORDS[1]} at=2 ;;"
    gsub(/\|/, " ", commands)
    print "    esac"
    print "    COMPREPLY=()"
    # A program before the cursor: the rest is completed as its own.
    print "    for ((i = at; i < COMP_CWORD; i++)); do"
    print "        case ${COMP_WORDS[i]} in"
    print "        --) ((i++)); break ;;"
    for (i = 1; i <= options; i++)
        if (values[i] != "" && index(list "|", "|" names[i] "|") == 0)
            list = list "|" pattern(i)
    print "        --library" list ")"
    # readline makes a word of its own of "=".
    print "            [[ ${COMP_WORDS[i+1]-} != = ]] || ((i++)); ((i++)) ;;"
    print "        -*) ;;"
    print "        *) break ;;"
    print "        esac"
    print "    done"
    print "    if ((i < COMP_CWORD)) && declare -F _command_offset >/dev/null; then"
    print "        _command_offset $i"
    print "        return"
    print "    fi"
    print "    [[ $word != = ]] || word="
    print "    [[ $before != = ]] || before=${COMP_WORDS[COMP_CWORD-2]}"
    print "    case $before in"
    for (i = 1; i <= options; i++) {
        if (seen[names[i]]++)
            continue
        if (values[i] ~ /^FILE$|LIB/)
            list = "-f"
        else if (values[i] ~ /^[a-z0-9]+ [a-z0-9 ]+$/)
            list = "-W " quoted(values[i])
        else
            continue
        print "    " pattern(i) ") mapfile -t COMPREPLY < <(compgen " list \
            " -- \"$word\"); return ;;"
    }
    print "    --library) mapfile -t COMPREPLY < <(compgen -f -- \"$word\"); return ;;"
    print "    esac"
    print "    local list=" quoted("--library " names_of("*") " ")
    print "    case $command in"
    count = split(commands, each, " ")
    for (i = 1; i <= count; i++)
        print "    " each[i] ") list" (has_library(each[i]) ? "+" : "") "=" \
            quoted("--help " names_of(each[i]) \
            (runs_program(each[i]) ? " --force" : "")) " ;;"
    print "    esac"
    print "    if [[ $word == -* ]]; then"
    print "        mapfile -t COMPREPLY < <(compgen -W \"$list\" -- \"$word\")"
    print "        return"
    print "    fi"
    print "    case $command in doctor | top) return ;; esac"
    print "    mapfile -t COMPREPLY < <(compgen -c -- \"$word\"; compgen -f -X '!*/*' -- \"$word\")"
    print "    ((COMP_CWORD > 1)) ||"
    print "        mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -W " \
        quoted(commands " help") " -- \"$word\")"
    print "}"
    print "complete -o filenames -F _lazyzero lazyzero"
}

# '(-o --output)'{-o,--output}'[help]:FILE:_files'
function zsh_option(i,    action, text) {
    text = helps[i]
    gsub(/\[/, "\\[", text)
    gsub(/\]/, "\\]", text)
    gsub(/:/, "\\:", text)
    if (values[i] ~ /^FILE$|LIB/)
        action = ":file:_files"
    else if (values[i] ~ /^[a-z0-9]+ [a-z0-9 ]+$/)
        action = ":word:(" values[i] ")"
    else if (values[i] != "")
        action = ":" values[i] ":"
    if (letters[i] != "")
        return quoted("(" letters[i] " " names[i] ")") "{" letters[i] "," \
            names[i] (action == "" ? "" : "=") "}" quoted("[" text "]" action)
    return quoted(names[i] (action == "" ? "" : "=") "[" text "]" action)
}

function zsh(    i, k, count) {
    print "#compdef lazyzero"
    print "# Made from the lists of its options."
    print "local -a all own"
    print "local command=run"
    print "all=("
    print "    '--library=[this liblazyzero, not the one found]:file:_files'"
    for (i = 1; i <= options; i++)
        if (of[i] == "*")
            print "    " zsh_option(i)
    print ")"
    count = split(commands, each, " ")
    print "if (( CURRENT == 2 )) && [[ $words[2] != -* ]]; then"
    print "    local -a commands"
    print "    commands=("
    for (k = 1; k <= count; k++)
        print "        " quoted(each[k] ":" summaries[each[k]])
    print "        'help:explain a command'"
    print "    )"
    print "    _describe -t commands command commands"
    print "    _command_names -e"
    print "    return"
    print "fi"
    print "case $words[2] in"
    gsub(/ /, "|", commands)
    print commands ") command=$words[2]; shift words; (( CURRENT-- )) ;;"
    print "esac"
    print "case $command in"
    for (k = 1; k <= count; k++) {
        print each[k] ")"
        if (!has_library(each[k]))
            print "    all=()"
        print "    own=("
        print "        '--help[print what the command takes]'"
        if (runs_program(each[k]))
            print "        '--force[run even what the library cannot serve]'"
        for (i = 1; i <= options; i++)
            if (of[i] == each[k])
                print "        " zsh_option(i)
        print "    ) ;;"
    }
    print "esac"
    print "[[ $command = (doctor|top) ]] || own+=('(-)1: :_command_names -e' '*::: :_normal')"
    print "_arguments -S -A '-*' $all $own"
}

function fish_option(command, i,    line) {
    line = "complete -c lazyzero -n " quoted(command == "*" ? \
        "__lazyzero_reads run stat compare trace learn doctor" : \
        "__lazyzero_reads " command)
    if (letters[i] != "")
        line = line " -s " substr(letters[i], 2)
    line = line " -l " substr(names[i], 3) " -d " quoted(helps[i])
    if (values[i] ~ /^FILE$|LIB/)
        line = line " -r -F"
    else if (values[i] ~ /^[a-z0-9]+ [a-z0-9 ]+$/)
        line = line " -x -a " quoted(values[i])
    else if (values[i] != "")
        line = line " -x"
    return line
}

function fish(    i, k, count, list) {
    print "# fish completion of lazyzero. Made from the lists of its options."
    for (i = 1; i <= options; i++)
        if (values[i] != "")
            list = list " " (letters[i] == "" ? "" : letters[i] " ") names[i]
    count = split(commands, each, " ")
    print "# The words up to the cursor name no program yet; with an argument, that"
    print "# is the command."
    print "function __lazyzero_reads"
    print "    set -l words (commandline -opc)[2..-1]"
    print "    set -l command run"
    print "    if set -q words[1]; and contains -- $words[1] " commands
    print "        set command $words[1]"
    print "        set -e words[1]"
    print "    end"
    print "    if set -q argv[1]; and not contains -- $command $argv"
    print "        return 1"
    print "    end"
    print "    while set -q words[1]"
    print "        if contains -- $words[1] --library" list
    print "            set -e words[1]"
    print "        else if not string match -q -- '-*' $words[1]; or test $words[1] = --"
    print "            return 1"
    print "        end"
    print "        set -e words[1]"
    print "    end"
    print "    return 0"
    print "end"
    for (k = 1; k <= count; k++)
        print "complete -c lazyzero -n __fish_use_subcommand -a " each[k] " -d " \
            quoted(summaries[each[k]])
    print "complete -c lazyzero -n __fish_use_subcommand -a help -d 'explain a command'"
    print "complete -c lazyzero -n " quoted("not __lazyzero_reads doctor top") \
        " -x -a '(__fish_complete_subcommand)'"
    print "complete -c lazyzero -n '__lazyzero_reads doctor top' -f"
    print "complete -c lazyzero -n '__lazyzero_reads run stat compare trace learn doctor' -l library -r -F -d 'this liblazyzero, not the one found'"
    print "complete -c lazyzero -n __lazyzero_reads -l help -d 'print what the command takes'"
    print "complete -c lazyzero -n '__lazyzero_reads run stat compare trace learn' -l force -d 'run even what the library cannot serve'"
    for (i = 1; i <= options; i++)
        print fish_option(of[i], i)
}

END {
    if (options == 0 || commands == "")
        exit 1
    if (shell == "bash")
        bash()
    else if (shell == "zsh")
        zsh()
    else
        fish()
}
