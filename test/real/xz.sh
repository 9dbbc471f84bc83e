# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# needs: xz awk

# 30 MB that compress to about a quarter.
awk 'BEGIN {
    for (i = 0; i < 1100000; i++) {
        n = (n * 7919 + 12345) % 1000003
        printf "%06d line of some text %d\n", n, i % 1000
    }
}' | head -c 30000000 >data
cksum data

run xz -T2 -0 --block-size=4MiB -c data >data.xz
cksum data.xz
run xz -T2 -dc data.xz | cmp - data
run xz -l data.xz
head -c 1000000 data | run xz -T2 -6 >small.xz
run xz -dc small.xz | cksum
head -c 100000 data.xz >cut.xz
run xz -dc cut.xz | cksum
run xz -t cut.xz || echo "status $?"
