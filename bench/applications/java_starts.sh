#!/bin/sh
# SPDX-License-Identifier: MIT
# java_starts.sh FOLDER TIMES: the class Start, again and again.
set -eu
i=0
while [ $i -lt "$2" ]; do
    java -cp "$1" Start
    i=$((i + 1))
done
