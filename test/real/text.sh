# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# needs: awk grep sed sort xargs env

# The small tools; some of them start with realloc(NULL, 0).
run awk 'BEGIN {
    for (i = 0; i < 400000; i++) {
        n = (n * 7919 + 12345) % 1000003
        printf "%d word%d %s\n", n, n % 977, n % 13 ? "plain" : "odd"
    }
}' >lines
cksum <lines

run sort --parallel=2 -S 200M -k 2,2 -k 1,1n lines >sorted
cksum <sorted
run sort -n -u lines | run tail -n 3
run awk '{ count[$2]++ } NR % 300 == 0 { text = text $1 $0 } END {
    for (word in count)
        words++
    print words, length(text), NR
}' lines

run grep -c 'word9[0-9]*0 odd$' lines
run grep -o -E '([0-9])\1{3}' lines | run uniq -c | run head -n 3
cut -d ' ' -f 2 lines | head -n 2000 | sort -u >patterns
run grep -F -w -c -f patterns lines
: >empty
run grep -c -f empty lines || echo "status $?"

run sed -n -e 's/^\([0-9]*\) \(word[0-9]*\) odd$/\2-\1/p' lines | cksum
# All lines in one pattern space, which grows to some megabytes.
head -n 100000 lines | run sed -e ':a' -e '$!{N' -e 'ba' -e '}' \
    -e 's/\n/,/g' | cksum

# shellcheck disable=SC2016 # for the inner sh
seq 200 | run xargs -n 5 -P 2 sh -c 'echo $(($1 + $2 + $3 + $4 + $5))' sum |
    sort -n | cksum
run env -i A=1 B=2 env | sort
head -n 3000 sorted | sort -k 2,2 >left
run join -1 2 -2 2 left left | cksum
