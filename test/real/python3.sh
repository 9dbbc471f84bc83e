# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# needs: python3

run python3 "$DATA/work.py"
run python3 -c 'import sys; sys.exit([0] * 3)' || echo "status $?"
