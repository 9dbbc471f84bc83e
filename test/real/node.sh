# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# needs: node

run node "$DATA/work.js"
run node -e 'process.exitCode = 3; throw new Error("thrown")' 2>/dev/null ||
    echo "status $?"
