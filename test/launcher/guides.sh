# shellcheck shell=sh disable=SC2154
# Every command of the guides in doc/ does what it says: each indented line of a
# block is run in a folder with the programs that it names, installed as the guides
# have it; or it stands in the list below, with where it is tried.
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

while read -r line; do
    grep -qxF -e "$line" elsewhere && continue
    for program in python3 node redis-server sqlite3 Rscript; do
        case $line in *" $program "*)
            command -v $program >/dev/null ||
                { echo "left out, no $program: $line"; continue 2; } ;;
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
