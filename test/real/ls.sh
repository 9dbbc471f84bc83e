# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# needs: ls

mkdir -p tree/a/b/c 'tree/with space' tree/many
for i in $(seq 1500); do
    : >"tree/many/file-$i"
done
printf 'contents\n' >tree/a/b/file
ln -s ../a/b/file tree/many/link
ln tree/a/b/file tree/a/b/c/hard
mkfifo tree/fifo
chmod 751 tree/a
find . -exec touch -h -d 2020-01-02T03:04:05Z {} +

# How many blocks a folder takes is the file system's affair.
run ls -laR tree | sed 's/^total [0-9]*$/total/'
run ls -C --color=always --sort=extension -w 100 tree/many
run ls tree/none || echo "status $?"
