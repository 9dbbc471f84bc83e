#!/bin/bash
# SPDX-License-Identifier: MIT
# Arrays, subshells, here-documents, big strings, jobs.
set -eu

declare -a squares=()
for ((i = 0; i < 50000; i++)); do
    squares+=($((i * i)))
done
echo "${#squares[@]} ${squares[4999]} ${squares[-1]}"
squares=("${squares[@]:100:1000}")
echo "${#squares[@]} ${squares[*]: -2}"

declare -A seen=()
for ((i = 0; i < 20000; i++)); do
    seen[key$((i % 4321))]=$i
done
echo "${#seen[@]} ${seen[key7]}"

printf -v spaces '%*s' 3000000 ''
text=${spaces}tail
text+=$text
echo "${#text} ${text: -6}"
text=${text//tail/TAIL}
echo "${text:3000000:6}."

mapfile -t lines < <(seq 100000)
echo "${#lines[@]} ${lines[99999]}"

total=$(
    for ((i = 0; i < 20; i++)); do
        echo $((i * 3))
    done | while read -r n; do
        echo "$n"
    done | paste -s -d +
)
echo "$((total)) = $total"

for ((i = 0; i < 10; i++)); do
    (
        exit $((i % 3))
    ) || echo "subshell $i: $?"
done

sort <<END | head -n 3
gamma $((1 + 1))
alpha ${#lines[@]}
beta $(echo nested | tr '[:lower:]' '[:upper:]')
END
read -r first rest <<<"one two three"
echo "$rest, $first"

jobs=()
for ((i = 0; i < 4; i++)); do
    (
        data=$(seq 200000)
        echo "${#data}" >"job$i"
    ) &
    jobs+=($!)
done
wait "${jobs[@]}"
cat job0 job1 job2 job3

coproc UPPER { tr '[:lower:]' '[:upper:]'; }
echo "through a coprocess" >&"${UPPER[1]}"
eval "exec ${UPPER[1]}>&-"
cat <&"${UPPER[0]}"
wait
trap 'echo bye >&2' EXIT
