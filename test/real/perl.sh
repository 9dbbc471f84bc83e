# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# needs: perl

run perl "$DATA/work.pl"
