# SPDX-License-Identifier: MIT
# Cross-builds for Linux with zig, for the packages that carry binaries: its libc
# stubs give a library that an old glibc still loads. See scripts/package.
#
# Needs ZIG (the program), ARCH (x86_64 or aarch64) and LIBC (gnu.2.17 or musl).

set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR ${ARCH})
set(CMAKE_TRY_COMPILE_PLATFORM_VARIABLES ZIG ARCH LIBC)

set(tool ${CMAKE_BINARY_DIR}/zig)
if(${CMAKE_CURRENT_LIST_DIR}/zig-cc.in IS_NEWER_THAN ${tool}-ranlib)
  configure_file(${CMAKE_CURRENT_LIST_DIR}/zig-cc.in ${tool}-cc @ONLY)
  file(WRITE ${tool}-ar "#!/bin/sh\nexec '${ZIG}' ar \"$@\"\n")
  file(WRITE ${tool}-ranlib "#!/bin/sh\nexec '${ZIG}' ranlib \"$@\"\n")
  execute_process(COMMAND chmod +x ${tool}-cc ${tool}-ar ${tool}-ranlib)
endif()
set(CMAKE_C_COMPILER ${tool}-cc)
set(CMAKE_AR ${tool}-ar CACHE FILEPATH "")
set(CMAKE_RANLIB ${tool}-ranlib CACHE FILEPATH "")
# GNU's know one machine only.
set(versions -19 -18 -17 -16 -15 -14)
list(TRANSFORM versions PREPEND llvm-objcopy OUTPUT_VARIABLE objcopies)
list(TRANSFORM versions PREPEND llvm-strip OUTPUT_VARIABLE strips)
list(TRANSFORM versions PREPEND llvm-nm OUTPUT_VARIABLE nms)
find_program(CMAKE_OBJCOPY NAMES llvm-objcopy ${objcopies})
find_program(CMAKE_STRIP NAMES llvm-strip ${strips})
find_program(CMAKE_NM NAMES llvm-nm ${nms})

set(LAZYZERO_JEMALLOC source CACHE STRING "")
set(LAZYZERO_TESTS OFF CACHE BOOL "")
set(LAZYZERO_BENCH OFF CACHE BOOL "")
string(REGEX REPLACE "\\..*" "" libc ${LIBC})
set(LAZYZERO_JEMALLOC_HOST ${ARCH}-linux-${libc} CACHE STRING "")
# jemalloc's configure can run nothing of what it builds. Kernels for aarch64
# have pages of 4, 16 or 64 KiB, and jemalloc serves those up to its own.
if(ARCH STREQUAL "aarch64")
  set(page 16)
else()
  set(page 12)
endif()
set(LAZYZERO_JEMALLOC_ARGUMENTS
    "--with-lg-page=${page};--with-lg-hugepage=21;AR=${tool}-ar;RANLIB=${tool}-ranlib;NM=${CMAKE_NM}"
    CACHE STRING "")
