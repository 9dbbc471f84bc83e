# SPDX-License-Identifier: MIT
# Toolchain: cross-builds for macOS with zig's copy of Apple's headers.
# Needs ZIG (the program) and ARCH (aarch64 or x86_64). See scripts/check-macos.

set(CMAKE_SYSTEM_NAME Darwin)
set(CMAKE_SYSTEM_PROCESSOR ${ARCH})
set(CMAKE_TRY_COMPILE_PLATFORM_VARIABLES ZIG ARCH)

# CMake wants a compiler in one word.
set(compiler ${CMAKE_BINARY_DIR}/zig-${ARCH}-cc)
if(NOT EXISTS ${compiler})
  file(WRITE ${compiler}
       "#!/bin/sh\nexec '${ZIG}' cc -target ${ARCH}-macos.13.0 \"$@\"\n")
  execute_process(COMMAND chmod +x ${compiler})
endif()
set(CMAKE_C_COMPILER ${compiler})
set(CMAKE_C_COMPILER_TARGET "")
# The target says all that these would say.
set(CMAKE_OSX_DEPLOYMENT_TARGET "" CACHE STRING "" FORCE)
set(CMAKE_OSX_SYSROOT "" CACHE STRING "" FORCE)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY NEVER)
