# shellcheck shell=sh disable=SC2154
# What a program's blocks needed, kept for its next run.
line='^calloc [0-9]* blocks 1 touched 0 [01]$'
expect 0 '1 kind of large blocks of' "$lazyzero" learn "$blocks"
grep -q "use it: lazyzero --profile launcher_blocks.lazyzero $blocks" err ||
    wrong "does not say how to use it: $(cat err)"
grep -q "$line" launcher_blocks.lazyzero ||
    wrong "no line of the block: $(cat launcher_blocks.lazyzero)"
[ "$(tail -n 1 launcher_blocks.lazyzero)" = end ] || wrong 'no end'
ls -- *.tmp 2>/dev/null && wrong 'a file is left'
expect 0 'blocks ran' "$lazyzero" --profile launcher_blocks.lazyzero "$blocks"
[ -s err ] && wrong "the profile is not taken: $(cat err)"

# What the file held stays; the least that was touched counts, and the most blocks.
size=$(sed -n "s/^calloc \([0-9]*\) .*/\1/p" launcher_blocks.lazyzero)
{
    head -n 2 launcher_blocks.lazyzero
    echo "calloc $size blocks 7 touched 90 100"
    echo "malloc $size blocks 3 touched 95 100"
    echo "malloc 4194304 blocks 1 touched 5 6"
    echo end
} >kept
expect 0 '3 kinds of large blocks' "$lazyzero" learn -o kept "$blocks"
grep -q ', 1 used in full' err || wrong "counts: $(cat err)"
sed 1,2d kept >got
cat >expected <<EOF
malloc 4194304 blocks 1 touched 5 6
malloc $size blocks 3 touched 95 100
calloc $size blocks 7 touched 0 100
end
EOF
diff -u expected got || wrong 'merged otherwise'

# All processes of a command; the exit status is the program's.
expect 7 '1 kind of' "$lazyzero" learn -o family sh -c "$blocks & $blocks fail 7; s=\$?; wait; exit \$s"
grep -q "$line" family || wrong "no line of the children: $(cat family)"
# Not by a profile that the environment has.
LAZYZERO_PROFILE=/no/such expect 0 '1 kind of' "$lazyzero" learn -o other "$blocks"
grep -q 'not used' err && wrong "reads a profile: $(cat err)"

expect 0 'nothing learned' "$lazyzero" learn -o none "$blocks" at-once
[ ! -e none ] || wrong 'a profile of nothing'
expect 137 'nothing learned' "$lazyzero" learn -o none "$blocks" signal 9
ls -- *.tmp 2>/dev/null && wrong 'a file is left'

# Nobody's file of another kind is replaced, and the program does not run then.
echo precious >precious
expect 125 'is there and is not replaced' "$lazyzero" learn -o precious "$blocks"
[ -s out ] && wrong 'ran, for nothing'
[ "$(cat precious)" = precious ] || wrong 'precious is lost'
expect 125 '-o /no/such/folder/x' "$lazyzero" learn -o /no/such/folder/x "$blocks"
[ -s out ] && wrong 'ran, for nothing'
expect 125 '-o says where' "$lazyzero" learn --learn x "$blocks"
expect 125 'without one' "$lazyzero" learn --profile x "$blocks"
expect 125 'which program?' "$lazyzero" learn -o x
expect 126 'statically linked' "$lazyzero" learn "$programs/launcher_static"
