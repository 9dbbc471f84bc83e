# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# needs: g++

run g++ -std=c++17 -O1 -pthread "$DATA/work.cpp" -o program
cksum program
run ./program
run ./program throw || echo "status $?"
