# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# needs: git

unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE
GIT_AUTHOR_NAME=Author GIT_AUTHOR_EMAIL=author@example.org
GIT_COMMITTER_NAME=$GIT_AUTHOR_NAME GIT_COMMITTER_EMAIL=$GIT_AUTHOR_EMAIL
GIT_CONFIG_NOSYSTEM=1
export GIT_AUTHOR_NAME GIT_AUTHOR_EMAIL GIT_COMMITTER_NAME GIT_COMMITTER_EMAIL
export GIT_CONFIG_NOSYSTEM

# commit NUMBER: everything, at a fixed date
commit() {
    GIT_AUTHOR_DATE="2020-01-02T03:04:$(printf '%02d' "$1")Z"
    GIT_COMMITTER_DATE=$GIT_AUTHOR_DATE
    export GIT_AUTHOR_DATE GIT_COMMITTER_DATE
    run git -C repo add -A
    run git -C repo commit -q -m "Change $1"
}

run git -c init.defaultBranch=main init -q repo
for i in $(seq 200); do
    seq "$i" $((i * 10)) >"repo/file-$i"
done
seq 400000 >repo/large
commit 1
for i in $(seq 2 8); do
    echo "more $i" >>repo/large
    sed -i "s/$i/changed/" "repo/file-$((i * 3))"
    git -C repo mv "file-$((i + 100))" "moved-$i"
    commit "$i"
done

run git -C repo log --stat --format='%H %an %ad %s' | cksum
run git -C repo log --oneline --graph -M --name-status -3
run git -C repo diff --stat HEAD~5
run git -C repo blame -s large | tail -n 3
run git -C repo grep -c changed | head -n 3
run git -C repo -c pack.threads=2 -c pack.window=5 gc -q --prune=now
run git -C repo fsck --full --strict --no-progress
run git clone -q repo copy
run git -C copy checkout -q -b side HEAD~4
echo side >copy/side
run git -C copy add side
run git -C copy commit -q -m side
run git -C copy merge -q -m merged main
run git -C copy rev-parse HEAD 'HEAD^{tree}'
run git -C copy archive HEAD~1 | cksum
run git -C copy rev-parse none || echo "status $?"
