# SPDX-License-Identifier: MIT
# Debian's musl-gcc, for scripts/check-musl. There is no C++ compiler with it.
set(CMAKE_C_COMPILER musl-gcc)
set(LAZYZERO_CXX OFF CACHE BOOL "")
