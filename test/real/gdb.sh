# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# needs: gdb gcc

cp "$DATA/debuggee.c" .
gcc -g -O0 -o debuggee debuggee.c
run gdb -nx -batch -x "$DATA/session.gdb" ./debuggee >session 2>&1 || :
if grep -q 'ptrace.*not permitted' session; then
    echo "gdb may not trace here"
    exit 77
fi
sed 's/process [0-9]*/process/' session
# It was at the breakpoint, and the program ran to its end.
grep -q '^#5 .*main' session
grep -q '"aaaaaaaaaa' session
grep -q 'exited with code 07' session
