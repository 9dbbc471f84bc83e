# shellcheck shell=sh disable=SC2154
# Every command of the guides in doc/ does what it says: each indented line of a
# block is run in a folder with the programs that it names, installed as the guides
# have it; or it stands in the list below, with where it is tried. Those that need R
# are a test of their own (guides-r.sh): R is large, and scripts/setup leaves it out.
cat >elsewhere <<'LIST'
cmake -S . -B build -DLAZYZERO_BENCH=OFF
cmake --build build
ctest --test-dir build --output-on-failure
npx lazyzero node server.js
python3 -m lazyzero train.py
cc main.c $(pkg-config --cflags --libs lazyzero) -o linked
./linked
LIST
# The first three: the workflow macos; npx and python3 -m: scripts/check-package;
# the last two: test/program/check_install.

mkdir build bin
for place in build bin; do
    ln -s "$lazyzero" $place/lazyzero
    ln -s "$library" $place/liblazyzero.so
done
PATH=$PWD/bin:$PATH LD_LIBRARY_PATH=$PWD/bin
export PATH LD_LIBRARY_PATH
ln -s "$blocks" a.out
echo 'print(len(bytearray(20 << 20)))' >train.py
cp train.py script.py
echo 'console.log(Buffer.alloc(20 << 20).length)' >server.js
echo 'x <- numeric(4e6); print(sum(x))' >analysis.R

# In a list a block is indented twice.
for guide in "$root"/doc/*.md; do
    sed -n 's/^    *    \([^ -].*\)/\1/p; s/^    \([^ -].*\)/\1/p' "$guide"
done | sort -u >commands
[ "$(wc -l <commands)" -gt 20 ] || wrong 'no commands in the guides'
while read -r line; do
    grep -qxF -e "$line" commands || wrong "not in the guides any more: $line"
done <elsewhere

needs_r=${needs_r:-no} ran=0
while read -r line; do
    grep -qxF -e "$line" elsewhere && continue
    case $needs_r:$line in
    no:*Rscript*) continue ;;
    yes:*Rscript*) ;;
    yes:*) continue ;;
    esac
    ran=$((ran + 1))
    for program in python3 node redis-server sqlite3; do
        case $line in *" $program "*)
            command -v $program >/dev/null ||
                { echo "no $program: $line" >>left-out; continue 2; } ;;
        esac
    done
    sh -c "$line" >out 2>err </dev/null
    got=$?
    # doctor: 1 is a warning about the machine.
    case $got:$line in
    0:* | 1:*doctor*) ;;
    *) wrong "status $got: $line" "$(tail -n 5 out err)" ;;
    esac
    ! grep -q 'cannot be preloaded' err || wrong "not preloaded: $line"
done <commands
[ "$ran" -gt 0 ] || wrong 'no command of the guides ran'

# A link names a file, and a heading in it.
for guide in "$root"/*.md "$root"/doc/*.md "$root"/doc/examples/*.md \
    "$root"/src/README.md "$root"/scripts/package/README.md; do
    grep -o '](\([^)]*\))' "$guide" | sed 's/^](//; s/)$//' |
        grep -v '^[a-z]*:' | while read -r link; do
        file=${guide%/*}/${link%%#*}
        [ "${link%%#*}" ] || file=$guide
        [ -e "$file" ] || { echo "$guide: no $link"; continue; }
        case $link in *'#'*) ;; *) continue ;; esac
        grep '^#' "$file" | sed 's/^#* //' | tr 'A-Z ' 'a-z-' |
            tr -cd 'a-z0-9_\n-' | grep -qxF -e "${link#*#}" ||
            echo "$guide: no heading $link"
    done
done >links
[ ! -s links ] || wrong "$(cat links)"

# Figures in a guide are those of bench/RESULTS.md and bench/APPLICATIONS.md: a row of
# the same allocator with the same time, and the same memory where the guide has it.
awk -F ' *[|] *' '
    FILENAME ~ /bench\/[A-Z]+\.md$/ {
        if (NF > 8) {
            time[$3 "," $4] = 1
            both[$3 "," $4 "," (FILENAME ~ /APPLICATIONS/ ? $9 : $8)] = 1
        }
        next
    }
    /^\| whole program .*(RESULTS|APPLICATIONS)\.md/ {
        for (i = 3; i < NF; i++)
            allocator[i] = $i
        tables++
        inside = 1
        next
    }
    !/^\|/ { inside = 0 }
    inside && !/^\|--/ {
        for (i = 3; i < NF; i++) {
            parts = split($i, part, ", ")
            sub(/ MiB$/, "", part[2])
            key = allocator[i] "," part[1]
            if (parts == 1 ? !(key in time) : !(key "," part[2] in both))
                print FILENAME ": no page of bench/ has " allocator[i] ", " $i \
                    ": write what it has now"
            figures++
        }
    }
    END {
        if (tables < 4 || figures < 10)
            print "only " tables + 0 " tables with figures in the guides"
    }' "$root"/bench/*.md "$root"/doc/*.md >figures
[ ! -s figures ] || wrong "$(cat figures)"

# What did not run is no success.
[ ! -s left-out ] || [ "$result" -ne 0 ] || { cat left-out; exit 77; }
