# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# needs: java

if ! java --list-modules 2>/dev/null | grep -q '^jdk\.compiler'; then
    echo "this java cannot run a source file (a runtime without a compiler)"
    exit 77
fi
# The same collector whatever the machine's size, and no files in /tmp.
run java -XX:+UseG1GC -Xmx512m -XX:-UsePerfData "$DATA/Work.java"
