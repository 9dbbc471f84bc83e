# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# needs: tar gzip xz

mkdir -p tree/deep/er tree/empty
for i in $(seq 300); do
    seq "$i" $((i * 20)) >"tree/deep/file-$i"
done
seq 400000 >tree/deep/er/large
truncate -s 40M tree/sparse
ln tree/deep/file-7 tree/hard
ln -s deep/er tree/soft
find tree -exec touch -h -d 2020-01-02T03:04:05Z {} +

run tar --sort=name --owner=0 --group=0 -cf tree.tar tree
cksum tree.tar
run tar -tvf tree.tar | tail -n 20
mkdir plain packed sparse
run tar -xf tree.tar -C plain
diff -r tree plain/tree

run tar --sort=name -czf tree.tar.gz tree
run tar --sort=name -cJf tree.tar.xz tree/deep/er
run tar -xzf tree.tar.gz -C packed
run tar -xJf tree.tar.xz -C packed
diff -r tree packed/tree
run tar -cSf - tree/sparse | run tar -xSf - -C sparse
cmp tree/sparse sparse/tree/sparse
run tar -df tree.tar
run tar -xf none.tar || echo "status $?"
