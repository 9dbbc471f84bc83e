# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# needs: bash

run bash "$DATA/work.bash"
run bash -c 'kill -TERM $$' || echo "status $?"
