# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# needs: g++

# A C++ program linked to libjemalloc, whose blocks mix freely with malloc's.
# Its own malloc is the first that it finds, and its operator new, too.
if ! g++ -std=c++17 -O1 -pthread "$DATA/mixed.cpp" -o mixed -ljemalloc; then
    echo "no program can be linked to libjemalloc here"
    exit 77
fi 2>/dev/null
run ./mixed
