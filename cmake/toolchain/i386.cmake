# SPDX-License-Identifier: MIT
# A 32-bit build by the compiler of an x86-64 Debian (check-i386).
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR i686)
set(CMAKE_C_COMPILER gcc-12)
set(CMAKE_CXX_COMPILER g++-12)
# Without the package gcc-multilib, which conflicts with cross compilers,
# nobody links asm/ to where the headers are.
set(flags "-m32 -idirafter /usr/include/x86_64-linux-gnu")
set(CMAKE_C_FLAGS_INIT "${flags}")
set(CMAKE_CXX_FLAGS_INIT "${flags}")
