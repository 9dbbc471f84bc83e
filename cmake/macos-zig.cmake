# SPDX-License-Identifier: MIT
# Toolchain: cross-builds for macOS with zig's copy of Apple's headers.
# Needs ZIG (the program) and ARCH (aarch64 or x86_64). See scripts/check-macos.

set(CMAKE_SYSTEM_NAME Darwin)
set(CMAKE_SYSTEM_PROCESSOR ${ARCH})
set(CMAKE_TRY_COMPILE_PLATFORM_VARIABLES ZIG ARCH)

# CMake wants each tool in one word. jemalloc includes a header that zig has not,
# and needs nothing of it.
set(tool ${CMAKE_BINARY_DIR}/zig-${ARCH})
if(NOT EXISTS ${tool}-ranlib)
  file(WRITE ${tool}-headers/sys/syscall.h "")
  file(WRITE ${tool}-cc "#!/bin/sh\nexec '${ZIG}' cc -target ${ARCH}-macos.13.0 \
-idirafter '${tool}-headers' \"$@\"\n")
  file(WRITE ${tool}-ar "#!/bin/sh\nexec '${ZIG}' ar \"$@\"\n")
  file(WRITE ${tool}-ranlib "#!/bin/sh\nexec '${ZIG}' ranlib \"$@\"\n")
  execute_process(COMMAND chmod +x ${tool}-cc ${tool}-ar ${tool}-ranlib)
endif()
set(CMAKE_C_COMPILER ${tool}-cc)
find_program(CMAKE_NM llvm-nm)
set(CMAKE_AR ${tool}-ar CACHE FILEPATH "")
set(CMAKE_RANLIB ${tool}-ranlib CACHE FILEPATH "")
set(CMAKE_C_COMPILER_TARGET "")
# The target says all that these would say.
set(CMAKE_OSX_DEPLOYMENT_TARGET "" CACHE STRING "" FORCE)
set(CMAKE_OSX_SYSROOT "" CACHE STRING "" FORCE)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY NEVER)
