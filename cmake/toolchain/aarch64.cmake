# SPDX-License-Identifier: MIT
# Debian's cross compiler, its libc, and QEMU for the tests (check-aarch64).
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
set(CMAKE_CROSSCOMPILING_EMULATOR
    /usr/bin/qemu-aarch64-static -L /usr/aarch64-linux-gnu)
