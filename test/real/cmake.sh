# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# needs: cmake make gcc

cp -r "$DATA/project" project
run cmake --version
# Later versions tell how long it took.
run cmake -S project -B build -G 'Unix Makefiles' | sed 's/ ([0-9.]*s)$//'
run cmake --build build | sed 's/ ([0-9.]*s)$//'
run build/tiny
run cmake -P project/script.cmake
run cmake -S none -B other || echo "status $?"
