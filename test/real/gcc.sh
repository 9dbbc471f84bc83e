# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# needs: gcc awk

# Some thousand lines, with some optimizer's work in each function.
awk -f "$DATA/functions.awk" >large.c
wc -l large.c
run gcc -O2 -g -Wall -c large.c -o large.o
cksum large.o
run gcc large.o -o large
cksum large
run ./large
echo 'int main(void) { return undeclared; }' >wrong.c
run gcc -Wall wrong.c || echo "status $?"
