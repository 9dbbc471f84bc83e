# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# needs: python3

if ! python3 -c 'import numpy' 2>/dev/null; then
    echo "no numpy for python3 here"
    exit 77
fi
run python3 "$DATA/arrays.py"
