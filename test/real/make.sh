# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# needs: make gcc

unset MAKEFLAGS MFLAGS MAKELEVEL
cp "$DATA/tree.mk" Makefile
for i in $(seq 12); do
    echo "int f$i(void) { return $i; }" >"part$i.c"
done
{
    seq 12 | sed 's/.*/int f&(void);/'
    echo 'int main(void) { return '
    seq 12 | sed 's/.*/f&() +/'
    echo '-78; }'
} >main.c

run make -s -j2
run ./program
run make -j2
touch -d 2035-01-01T00:00:00Z part3.c
run make -n 2>/dev/null
run make -s -p -n 2>/dev/null | grep -c '^[a-zA-Z]'
run make broken || echo "status $?"
